//! The attributes of VFs that the command line asks for, and whether the port can set them.

use vfctl_kinds::Obstacle;
use vfctl_kinds::vf::unsettable;
use vfctl_model::VfAttribute;

use super::run::Port;
use crate::args::InitArgs;
use crate::error::CliError;

/// An attribute that is asked for.
pub(super) struct AskedAttribute {
    pub(super) attribute: VfAttribute,
    /// By which option.
    option: &'static str,
    /// Its value, as a spec writes it.
    pub(super) value: String,
}

/// Returns the attributes that the command line asks for.
pub(super) fn asked(args: &InitArgs) -> Vec<AskedAttribute> {
    let mac = args.mac.map(|mac| format!("{{first: \"{mac}\"}}"));
    let vlan = args.vlan.map(|id| id.to_string());
    let asked = [(VfAttribute::MacAddress, "--mac", mac), (VfAttribute::Vlan, "--vlan", vlan)];
    let asked = asked
        .into_iter()
        .filter_map(|(attribute, option, value)| Some(AskedAttribute { attribute, option, value: value? }));
    asked.collect()
}

/// Refuses what the port cannot set on its VFs: a spec without it would be another than the one that was asked for.
///
/// # Errors
/// Where there is such an attribute, with the words that plan has for it.
pub(super) fn check(asked: &[AskedAttribute], port: &Port<'_>) -> Result<(), CliError> {
    let refused = asked.iter().find_map(|AskedAttribute { attribute, option, value: _ }| {
        Some((option, unsettable(*attribute, port.facts, option)?))
    });
    refused.map_or(Ok(()), |(option, Obstacle { cause, fix })| {
        let wanted = format!("with {option} for {}", port.facts.title(port.address));
        Err(CliError::NotForPort { wanted, cause, fix })
    })
}
