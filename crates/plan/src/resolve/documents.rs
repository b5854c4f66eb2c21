//! Resolves documents: whom each concerns, which PFs its entries mean, and what they ask of them.

use std::collections::BTreeMap;

use vfctl_kinds::desired::{DesiredPf, Wanted};
use vfctl_kinds::document::SriovConfig;
use vfctl_kinds::finding::Findings;
use vfctl_kinds::path::SpecPath;
use vfctl_kinds::pf::Candidate;
use vfctl_model::{DeviceAddress, HostName, ModuleName};
use vfctl_port::HostFacts;

use super::desire::desire;
use super::select::select;
use super::source::Source;

/// What one host should look like.
#[derive(Debug, Default)]
pub struct Desired {
    /// The documents that concern the host.
    pub documents: Vec<String>,
    /// The modules that must be loaded.
    pub modules: Vec<Wanted<ModuleName>>,
    /// The PFs.
    pub pfs: BTreeMap<DeviceAddress, DesiredPf>,
    /// What was found on the way.
    pub findings: Findings,
}

/// Resolves what the documents say of one host.
pub fn resolve(sources: &[Source<'_>], name: &HostName, host: &HostFacts) -> Desired {
    let mut desired = Desired::default();
    for source in sources.iter().filter(|source| concerns(source.config, name)) {
        let document = &source.config.metadata.name;
        desired.documents.push(document.clone());
        let spec = SpecPath::default().key("spec");
        if let Some(system) = &source.config.spec.system {
            let path = spec.key("system").key("modules");
            desired.modules.extend(system.modules.iter().enumerate().map(|(index, module)| Wanted {
                value: module.clone(),
                origin: (source.place)(&path.index(index)).into(),
            }));
        }
        for (position, entry) in source.config.spec.physical_functions.iter().enumerate() {
            let path = spec.key("physicalFunctions").index(position);
            for address in select(entry, &path, source, host, &mut desired.findings) {
                let Some(facts) = host.physical_functions.get(&address) else { continue };
                let candidate = Candidate { address: &address, facts, host };
                let pf = desire(source, entry, &path, name, candidate, &mut desired.findings);
                if let Some(other) = desired.pfs.get(&address) {
                    let message = format!("`{}` and `{}` both match {address}", other.name, pf.name);
                    let fix = "let each PF be matched by one entry only";
                    desired.findings.problem(Some(&pf.origin), message, fix);
                } else {
                    desired.pfs.insert(address, pf);
                }
            }
        }
    }
    desired
}

/// Returns whether a document concerns the host.
fn concerns(config: &SriovConfig, name: &HostName) -> bool {
    config.spec.nodes.as_ref().is_none_or(|nodes| nodes.selects(name.as_str()))
}
