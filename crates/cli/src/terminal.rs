//! What the streams are: whether they may be coloured, and whether a line may be updated in place.

use std::ffi::OsString;

use clap::ValueEnum;

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColourChoice {
    /// On a terminal, unless NO_COLOR is set; anywhere if CLICOLOR_FORCE is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What the streams are. The default is that of pipes and files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Terminal {
    /// Whether standard output is a terminal.
    pub(crate) is_out: bool,
    /// Whether standard output may be coloured.
    pub(crate) colours_out: bool,
    /// Whether standard error may be coloured.
    pub(crate) colours_err: bool,
    /// Whether a line on standard error may be updated in place.
    pub(crate) updates_err: bool,
}

impl Terminal {
    /// Returns what the streams are, by whether each is a terminal and by the environment's `NO_COLOR`
    /// (<https://no-color.org>), `CLICOLOR_FORCE` (<https://bixense.com/clicolors>) and `TERM`.
    pub fn of(out: bool, err: bool, environment: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name: &str| environment(name).filter(|value| !value.is_empty());
        let is_dumb = set("TERM").is_some_and(|term| term == "dumb");
        let is_forced = set("CLICOLOR_FORCE").is_some_and(|value| value != "0");
        let colours = |is_terminal: bool| set("NO_COLOR").is_none() && (is_forced || is_terminal && !is_dumb);
        Self {
            is_out: out,
            colours_out: colours(out),
            colours_err: colours(err),
            updates_err: err && !is_dumb,
        }
    }

    /// Returns how wide a line on standard output may be; `None` where it is no terminal, or one that does not tell.
    pub(crate) fn width_out(self) -> Option<usize> {
        let size = terminal_size::terminal_size_of(std::io::stdout()).filter(|_| self.is_out);
        size.map(|(width, _)| width.0.into()).filter(|width| *width > 0)
    }

    /// Returns the same with the colours that the user chose.
    pub(crate) fn with(self, choice: ColourChoice) -> Self {
        match choice {
            ColourChoice::Auto => self,
            ColourChoice::Always => Self { colours_out: true, colours_err: true, ..self },
            ColourChoice::Never => Self { colours_out: false, colours_err: false, ..self },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_follow_the_terminal_the_environment_and_the_flag() {
        let of = |terminal: bool, variables: &[(&str, &str)]| {
            Terminal::of(terminal, terminal, |name| {
                variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| value.into())
            })
        };
        for (terminal, variables, colours) in [
            (true, vec![], true),
            (false, vec![], false),
            (true, vec![("NO_COLOR", "1")], false),
            (true, vec![("NO_COLOR", "")], true),
            (false, vec![("CLICOLOR_FORCE", "1")], true),
            (false, vec![("CLICOLOR_FORCE", "0")], false),
            (true, vec![("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], false),
            (true, vec![("TERM", "dumb")], false),
        ] {
            let found = of(terminal, &variables);
            assert_eq!(
                (found.colours_out, found.colours_err),
                (colours, colours),
                "{terminal} {variables:?}"
            );
            assert!(found.with(ColourChoice::Always).colours_out, "{terminal} {variables:?}");
            assert!(!found.with(ColourChoice::Never).colours_err, "{terminal} {variables:?}");
        }
        assert!(of(true, &[("NO_COLOR", "1")]).updates_err);
        assert!(!of(false, &[("CLICOLOR_FORCE", "1")]).updates_err);
    }
}
