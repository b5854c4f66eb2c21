//! `vfctl validate`: every mistake of specs, and of what device plugins and pod networks read, without any host.

use vfctl_model::DevicePluginVersion;
use vfctl_spec::{Checked, Validation};

use crate::args::ValidateArgs;
use crate::error::{CliError, Exit};
use crate::input::spec_sources;
use crate::machine::Console;
use crate::mistakes::{print_mistakes, say_mistakes};

/// Runs the command.
pub(super) fn run(args: &ValidateArgs, console: &mut Console<'_>) -> Result<Exit, CliError> {
    let (mut sources, mut values) = spec_sources(&args.specs, &[])?;
    let rules = args.plugin_version.unwrap_or(DevicePluginVersion::NEWEST);
    let Validation { specs, checked, mistakes, warnings } = vfctl_spec::validate(&sources, &values, rules);
    sources.append(&mut values);
    let exit = if mistakes.is_empty() { Exit::Done } else { Exit::Failed };
    if args.format.is_json() {
        print_mistakes(&mistakes, &warnings, console)?;
        return Ok(exit);
    }
    say_mistakes(&mistakes, &warnings, &sources, console);
    let rules = checked.has_plugin_configs().then(|| rules_used(rules));
    if exit == Exit::Done {
        let rules = rules.map_or_else(String::new, |rules| format!(" ({rules})"));
        writeln!(console.out, "Valid: {}{rules}.", what(specs, &checked))?;
    } else if let Some(rules) = rules {
        console.say(&format!("checked by the {rules}\n"));
    }
    Ok(exit)
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
