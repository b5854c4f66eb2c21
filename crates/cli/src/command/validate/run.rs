//! Checks, and prints what was found in the format that was asked for.

use vfctl_model::DevicePluginVersion;
use vfctl_spec::{Checked, Source, Validation};

use super::findings::{Findings, failure};
use super::{github, junit, sarif};
use crate::args::{ValidateArgs, ValidateOutput};
use crate::error::CliError;
use crate::exit::Exit;
use crate::input::spec_sources;
use crate::machine::Console;
use crate::mistakes::{print_mistakes, say_mistakes};
use crate::output::print_json;

/// Runs the command.
pub(in crate::command) fn run(args: &ValidateArgs, console: &mut Console<'_>) -> Result<Exit, CliError> {
    match args.specs.paths().and_then(|paths| spec_sources(&paths, &[])) {
        Ok((sources, values)) => check(args, sources, values, console),
        Err(error) => failed(args.output(), error, console),
    }
}

/// Checks documents, with these values of hosts.
fn check(
    args: &ValidateArgs,
    mut sources: Vec<Source>,
    mut values: Vec<Source>,
    console: &mut Console<'_>,
) -> Result<Exit, CliError> {
    let rules = args.plugin_version.unwrap_or(DevicePluginVersion::NEWEST);
    let validation = vfctl_spec::validate(&sources, &values, rules);
    sources.append(&mut values);
    let Validation { mistakes, warnings, .. } = &validation;
    let findings = Findings { sources: &sources, mistakes, warnings };
    match args.output() {
        ValidateOutput::Text => print_text(args, &validation, &sources, rules, console)?,
        ValidateOutput::Json => print_mistakes(mistakes, warnings, console)?,
        ValidateOutput::Github => console.out.write_all(github::commands(&findings).as_bytes())?,
        // These go to a file; whoever reads the job's log is to see the findings as well.
        ValidateOutput::Sarif => {
            say_mistakes(mistakes, warnings, &sources, console);
            print_json(console, &sarif::log(&findings))?;
        }
        ValidateOutput::Junit => {
            say_mistakes(mistakes, warnings, &sources, console);
            console.out.write_all(junit::report(&findings).as_bytes())?;
        }
    }
    Ok(if mistakes.is_empty() { Exit::Done } else { Exit::Failed })
}

/// Reports that nothing could be checked, also in the formats of CI systems: a report that is missing or empty would be taken
/// for one without mistakes.
fn failed(output: ValidateOutput, error: CliError, console: &mut Console<'_>) -> Result<Exit, CliError> {
    let why = failure(&error);
    match output {
        ValidateOutput::Text | ValidateOutput::Json => return Err(error),
        ValidateOutput::Github => console.out.write_all(github::failure(&why).as_bytes())?,
        ValidateOutput::Sarif => {
            console.say_error(&error);
            print_json(console, &sarif::failure(&why))?;
        }
        ValidateOutput::Junit => {
            console.say_error(&error);
            console.out.write_all(junit::failure(&why).as_bytes())?;
        }
    }
    Ok(Exit::Failed)
}

/// Prints that all is valid, or says what is not.
fn print_text(
    args: &ValidateArgs,
    validation: &Validation,
    sources: &[Source],
    rules: DevicePluginVersion,
    console: &mut Console<'_>,
) -> Result<(), CliError> {
    let Validation { specs, checked, mistakes, warnings } = validation;
    say_mistakes(mistakes, warnings, sources, console);
    let rules = checked.has_plugin_configs().then(|| rules_used(rules));
    if mistakes.is_empty() && args.quiet {
        return Ok(());
    }
    if mistakes.is_empty() {
        let rules = rules.map_or_else(String::new, |rules| format!(" ({rules})"));
        writeln!(console.out, "Valid: {}{rules}.", what(*specs, checked))?;
    } else if let Some(rules) = rules {
        console.say(&format!("checked by the {rules}\n"));
    }
    Ok(())
}

/// Returns what was checked, in words.
fn what(specs: usize, checked: &Checked) -> String {
    let documents = format!("{specs} document{}", if specs == 1 { "" } else { "s" });
    match (specs, checked.is_empty()) {
        (_, true) => documents,
        (0, false) => checked.to_string(),
        (_, false) => format!("{documents}, {checked}"),
    }
}

/// Returns whose rules were used for configurations of the device plugin.
fn rules_used(version: DevicePluginVersion) -> String {
    let newest = DevicePluginVersion::NEWEST;
    let plugin = "rules of sriov-network-device-plugin";
    if version < newest {
        format!("{plugin} {version}")
    } else {
        format!("{plugin} {newest}, the newest known")
    }
}
