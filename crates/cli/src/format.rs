//! The output formats of commands, and how they are read from the command line.

use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Args, ValueEnum};

/// How a command that people read prints its result.
#[derive(Debug, Args)]
pub struct FormatArgs {
    /// The output format.
    #[arg(short, long, value_name = "FORMAT", value_parser = Formats::<Format>::of(), default_value = "text")]
    output: Format,
    /// The same as `-o json`.
    #[arg(long, conflicts_with = "output")]
    json: bool,
}

/// The formats of most commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text for people.
    Text,
    /// A JSON document for programs.
    Json,
}

impl FormatArgs {
    /// Returns whether JSON is wanted.
    pub(crate) fn is_json(&self) -> bool {
        self.json || self.output == Format::Json
    }
}

/// The formats that a command has, by their names.
#[derive(Debug, Clone)]
pub(crate) struct Formats<T> {
    /// What `--out` writes to a file, where the command has it.
    to_file: Option<&'static str>,
    formats: std::marker::PhantomData<fn() -> T>,
}

impl<T> Formats<T> {
    /// Returns the formats of a command that only prints.
    pub(crate) fn of() -> Self {
        Self { to_file: None, formats: std::marker::PhantomData }
    }

    /// Returns the formats of a command that writes this to a file with `--out`.
    pub(crate) fn or_to_file(what: &'static str) -> Self {
        Self { to_file: Some(what), ..Self::of() }
    }
}

impl<T: ValueEnum + Send + Sync + 'static> TypedValueParser for Formats<T> {
    type Value = T;

    fn parse_ref(
        &self,
        command: &clap::Command,
        _: Option<&Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<T, clap::Error> {
        let value = value.to_string_lossy();
        T::from_str(&value, false).map_err(|_| {
            let names: Vec<String> = self
                .possible_values()
                .into_iter()
                .flatten()
                .map(|known| known.get_name().to_owned())
                .collect();
            let fix = self.to_file.map(|what| format!("; write {what} to a file with `--out {value}`"));
            let message = format!(
                "`{value}` is not an output format ({}){}\n",
                names.join(", "),
                fix.unwrap_or_default()
            );
            clap::Error::raw(ErrorKind::InvalidValue, message).with_cmd(command)
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(T::value_variants().iter().filter_map(ValueEnum::to_possible_value)))
    }
}
