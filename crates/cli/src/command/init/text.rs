//! The spec's text: what was asked for, and in comments what else could be. Each commented setting is valid by itself.

use vfctl_kinds::binding::DriverChoice;
use vfctl_kinds::pf::entry_name;
use vfctl_model::{DeviceAddress, VfAttribute};
use vfctl_port::{NoInterface, PfFacts};

use super::asked::AskedAttribute;
use super::run::Port;
use crate::args::InitArgs;

/// The column where comments behind a setting begin.
const COMMENT: usize = 52;

/// Returns the spec for a port with this count of VFs.
pub(super) fn spec_text(
    args: &InitArgs,
    attributes: &[AskedAttribute],
    port: &Port<'_>,
    count: u16,
) -> String {
    let Port { host, address, facts } = port;
    let title = facts.title(address);
    let name = scalar(args.name.as_ref().unwrap_or(&entry_name(&title)));
    let driver = facts.driver.as_ref().map_or("no driver".to_owned(), ToString::to_string);
    let model = facts.model.as_ref().map_or_else(String::new, |model| format!(", {}", one_line(model)));
    let mut text = format!(
        "# VFs of {title} ({address}, {driver}{model}) on {host}.\n\
         # `vfctl plan FILE` shows what this would change, `vfctl apply FILE` changes it.\n\
         # What is absent is left as it is. `vfctl schema spec` prints the schema of all fields, for editors.\n\
         apiVersion: vfctl.dev/v1alpha1\n\
         kind: SriovConfig\n\
         metadata:\n  name: {name}\n\
         spec:\n"
    );
    text.push_str(&line(
        2,
        &format!("# nodes: {{names: [{}]}}", scalar(host.as_str())),
        "without it: whichever host vfctl runs on",
    ));
    if let Some(DriverChoice::Named(driver)) = &args.driver
        && driver.is_for_user_space()
    {
        text.push_str("  system:\n");
        text.push_str(&line(4, &format!("modules: [{driver}]"), "kernel modules that must be loaded"));
    }
    text.push_str(&format!("  physicalFunctions:\n    - name: {name}\n"));
    text.push_str(&matcher(port));
    if let Some(netdev) = &facts.netdev {
        text.push_str(&line(6, &format!("# mtu: {}", netdev.mtu), "the MTU of the port itself, in bytes"));
    }
    let total = facts.total_vfs.map_or_else(String::new, |total| format!(" of {total}"));
    text.push_str("      vfs:\n");
    text.push_str(&line(8, &format!("count: {count}"), &format!("there are {}{total} now", facts.vf_count)));
    text.push_str(&settings(args, attributes, port.facts));
    let half = match count.saturating_sub(1) / 2 {
        0 => "0".to_owned(),
        last => format!("0-{last}"),
    };
    text.push_str("        # groups set values for some of the VFs, and override `all`:\n");
    text.push_str("        # groups:\n");
    text.push_str(&format!("        #   - {{vfs: \"{half}\", driver: default}}\n"));
    text
}

/// Returns the lines that say which port is meant, with the other way in a comment.
fn matcher(port: &Port<'_>) -> String {
    let pci = match port.address {
        DeviceAddress::Pci(address) => address.to_string(),
        other => other.to_string(),
    };
    match &port.facts.netdev {
        Some(netdev) => {
            let interface = scalar(&netdev.name.to_string());
            line(6, &format!("match: {{interface: {interface}}}"), &format!("or {{pci: \"{pci}\"}}"))
        }
        None => format!("      match: {{pci: \"{pci}\"}}\n"),
    }
}

/// Returns the settings of all VFs: those that were asked for, the others in comments.
fn settings(args: &InitArgs, attributes: &[AskedAttribute], facts: &PfFacts) -> String {
    let mut lines = String::new();
    let mut add = |key: &str, asked: Option<&str>, example: &str, comment: &str| {
        let setting = match asked {
            Some(value) => format!("{key}: {value}"),
            None => format!("# {key}: {example}"),
        };
        lines.push_str(&line(10, &setting, comment));
        asked.is_some()
    };
    let driver = args.driver.as_ref().map(ToString::to_string);
    let mut is_any = add("driver", driver.as_deref(), "vfio-pci", "or `default`: the kernel's; or `none`");
    for attribute in VfAttribute::ALL.iter().filter(|attribute| is_had(**attribute, facts)) {
        let asked = attributes.iter().find(|asked| asked.attribute == *attribute);
        let (asked, row) = (asked.map(|asked| asked.value.as_str()), attribute.row());
        is_any |= add(row.key, asked, row.shape.example(), row.purpose);
    }
    // A map without an entry would be no value.
    let head = if is_any { "all:" } else { "# all:" };
    format!("{}{lines}", line(8, head, "values of every VF"))
}

/// Returns whether the port's driver has an attribute, wherever its interface is.
fn is_had(attribute: VfAttribute, facts: &PfFacts) -> bool {
    let row = facts.row();
    match facts.no_interface() {
        None | Some(NoInterface::Hidden | NoInterface::OnlyWithVfs) => {
            row.supports_on(attribute, facts.device) && !row.unreported.contains(&attribute)
        }
        Some(
            NoInterface::NoDriver
            | NoInterface::UserSpace
            | NoInterface::NoNetworkCard
            | NoInterface::NotEthernet,
        ) => false,
    }
}

/// Returns a line with a comment behind it.
fn line(indent: usize, setting: &str, comment: &str) -> String {
    let setting = format!("{:indent$}{setting}", "");
    format!("{setting:<COMMENT$} # {comment}\n")
}

/// Returns a text as YAML that every reader takes for the same text: bare where nothing could mistake it.
fn scalar(text: &str) -> String {
    let starts = text.starts_with(|c: char| c.is_ascii_lowercase());
    let is_bare = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    // A word such as `on` or `null` has neither digit nor dash.
    let is_no_word = text.contains(|c: char| c.is_ascii_digit() || c == '-');
    if starts && is_bare && is_no_word { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
