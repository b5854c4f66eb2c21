//! Finds the PFs that an entry means, and says for each that it does not mean why not.

use vfctl_model::{DeviceAddress, InterfaceName};
use vfctl_port::{HostFacts, VfFacts};

use super::matcher::{Candidate, FailedTerm};
use super::spec::ExpectSpec;
use crate::PfSpec;
use crate::document::PlacedDocument;
use crate::finding::{Finding, Findings};
use crate::path::SpecPath;

/// Returns the PFs that the entry means; none where it matches other than expected, which is a problem told in
/// `findings` with each candidate and the terms that failed.
pub(super) fn select(
    entry: &PfSpec,
    path: &SpecPath,
    document: &PlacedDocument<'_>,
    host: &HostFacts,
    findings: &mut Findings,
) -> Vec<DeviceAddress> {
    let judged: Vec<(&DeviceAddress, Vec<FailedTerm>)> = host
        .physical_functions
        .iter()
        .map(|(address, facts)| (address, entry.matcher.mismatches(Candidate { address, facts, host })))
        .collect();
    let matched: Vec<DeviceAddress> =
        judged.iter().filter(|(_, terms)| terms.is_empty()).map(|(address, _)| (*address).clone()).collect();
    let origin = (document.place)(&path.key("match"));
    let (fits, expected) = match entry.expect {
        ExpectSpec::One => (matched.len() == 1, "one".to_owned()),
        ExpectSpec::All => (!matched.is_empty(), "at least one".to_owned()),
        ExpectSpec::Number(count) => (matched.len() == usize::from(count), count.to_string()),
    };
    if fits {
        return matched;
    }
    if matched.is_empty() && entry.optional {
        findings.note(Some(&origin), format!("`{}` is optional, and this host has none", entry.name));
        return Vec::new();
    }
    let title = |address: &DeviceAddress| {
        let netdev = host.physical_functions.get(address).and_then(|pf| pf.netdev.as_ref());
        netdev.map_or_else(|| address.to_string(), |netdev| format!("{} ({address})", netdev.name))
    };
    let candidates: Vec<String> = judged
        .iter()
        .map(|(address, terms)| match terms.as_slice() {
            [] => format!("{} matches", title(address)),
            terms => {
                let terms: Vec<String> = terms.iter().map(ToString::to_string).collect();
                format!("{}: {}", title(address), terms.join(", "))
            }
        })
        .collect();
    let details =
        if candidates.is_empty() { vec!["this host has no PF at all".to_owned()] } else { candidates };
    let count = match matched.len() {
        0 => "no PF".to_owned(),
        1 => "1 PF".to_owned(),
        count => format!("{count} PFs"),
    };
    let message = format!("`{}` matches {count}, expected {expected}", entry.name);
    let help = Some(fix(entry, host, matched.len()));
    findings.problems.push(Finding { origin: Some(origin), message, details, help });
    Vec::new()
}

/// Returns how a selector that matches other than expected is mended.
fn fix(entry: &PfSpec, host: &HostFacts, matched: usize) -> String {
    if let Some(name) = &entry.matcher.interface {
        if let Some(link) = host.links.get(name) {
            let lower = link.lower.iter().map(InterfaceName::to_string).collect::<Vec<_>>().join(", ");
            let by_bond = match link.kind.as_str() {
                "bond" | "team" => {
                    format!(", or match by `bond: {name}` with `expect: {}`", link.lower.len())
                }
                _ => String::new(),
            };
            return format!("{name} is a {} of {lower}: name one of these{by_bond}", link.kind);
        }
        let by_altname = host.pf_by_interface(name).and_then(|(_, pf)| pf.netdev.as_ref());
        if let Some(netdev) = by_altname.filter(|netdev| netdev.name != *name) {
            return format!("{name} is an altname of {}: match by `altname: {name}`", netdev.name);
        }
        let of_vf = host.physical_functions.values().find_map(|pf| {
            let own = |vf: &&VfFacts| vf.netdev.as_ref().is_some_and(|netdev| netdev.name == *name);
            pf.vfs.values().find(own).and(pf.netdev.as_ref())
        });
        if let Some(netdev) = of_vf {
            return format!(
                "{name} is the interface of a VF of {0}: match {0}, and name the VF in `vfs`",
                netdev.name
            );
        }
    }
    if matched > 1 {
        "add a term that tells them apart, or write `expect: all`, or how many there are".to_owned()
    } else {
        "compare with `vfctl discover`; set `optional: true` where some hosts may lack it".to_owned()
    }
}
