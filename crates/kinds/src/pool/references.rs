//! The pools of a host's documents, and the PFs and VFs that they refer to.

use std::collections::BTreeMap;

use vfctl_model::{DeviceAddress, VfSet};
use vfctl_port::PfFacts;

use super::spec::PoolSpec;
use crate::DesiredPf;
use crate::document::PlacedDocument;
use crate::lane::HostContext;
use crate::path::{Origin, SpecPath};

/// A pool, and where it stands.
#[derive(Clone)]
pub(super) struct PlacedPool<'a> {
    pub(super) document: PlacedDocument<'a>,
    pub(super) pool: &'a PoolSpec,
    pub(super) path: SpecPath,
}

/// A PF of the host that a pool refers to.
pub(super) struct Reference<'a> {
    pub(super) device: &'a DeviceAddress,
    pub(super) desired: &'a DesiredPf,
    pub(super) facts: &'a PfFacts,
    /// Which of its VFs; `None` for all.
    pub(super) vfs: Option<&'a VfSet>,
    pub(super) origin: Origin,
}

/// Returns the path of a document's pools.
pub(super) fn pools_path() -> SpecPath {
    SpecPath::spec().key("pools")
}

/// Returns the pools of documents, in the order in which they claim devices.
pub(super) fn placed_pools<'a>(documents: &'a [PlacedDocument<'a>]) -> Vec<PlacedPool<'a>> {
    let list = pools_path();
    let of_document = |document: &'a PlacedDocument<'a>| {
        let pools = document.config.spec.pools.iter().enumerate();
        let list = list.clone();
        pools.map(move |(position, pool)| PlacedPool {
            document: *document,
            pool,
            path: list.index(position),
        })
    };
    documents.iter().flat_map(of_document).collect()
}

impl<'a> PlacedPool<'a> {
    /// Returns the place of the pool.
    pub(super) fn origin(&self) -> Origin {
        (self.document.place)(&self.path.key("resource"))
    }

    /// Returns the PFs of the host that the pool refers to, in the order of `from`.
    pub(super) fn references(
        &self,
        context: &HostContext<'a>,
        pfs: &'a BTreeMap<DeviceAddress, DesiredPf>,
    ) -> Vec<Reference<'a>> {
        let from = self.path.key("from");
        let name = &self.document.config.metadata.name;
        let host = context.host;
        let referred = self.pool.from.iter().enumerate().flat_map(|(position, reference)| {
            let origin = (self.document.place)(&from.index(position));
            let wanted = format!("{name}/{}", reference.physical_function);
            pfs.iter().filter(move |(_, desired)| desired.name == wanted).filter_map(
                move |(device, desired)| {
                    let facts = host.physical_functions.get(device)?;
                    let (vfs, origin) = (reference.vfs.as_ref(), origin.clone());
                    Some(Reference { device, desired, facts, vfs, origin })
                },
            )
        });
        referred.collect()
    }
}
