//! Shared RDMA devices that break no rule, in every shape that the types allow.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use vfctl_kinds::PfSpec;
use vfctl_kinds::components::RdmaSharedDevicePluginSpec;
use vfctl_kinds::rdma_shared_pool::{LinkType, PortReference, RdmaSharedPoolSpec, RdmaSharedSelectors};
use vfctl_model::PciId;

/// Some of these words, as many as one likes.
fn some<T: std::str::FromStr + Clone + std::fmt::Debug>(
    words: &'static [&'static str],
) -> BoxedStrategy<Vec<T>>
where
    T::Err: std::fmt::Debug,
{
    let parse = |word: &str| word.parse().expect("a word of its kind");
    subsequence(words, 0..=words.len()).prop_map(move |words| words.into_iter().map(parse).collect()).boxed()
}

fn selectors() -> impl Strategy<Value = RdmaSharedSelectors> {
    let link_types = vec![LinkType::Ether, LinkType::Infiniband];
    let parts = (
        some::<PciId>(&["15b3", "8086", "14e4"]),
        some::<PciId>(&["1017", "101d", "1592", "16d7"]),
        some(&["mlx5_core", "ice", "bnxt_en"]),
        some(&["ib0", "ens1f0np0", "enp3s0.7", "a_b"]),
        subsequence(link_types, 0..=2),
    );
    let made = parts.prop_map(|(vendors, device_ids, drivers, if_names, link_types)| RdmaSharedSelectors {
        vendors,
        device_ids,
        drivers,
        if_names,
        link_types,
    });
    made.prop_filter("a selector", |selectors| *selectors != RdmaSharedSelectors::default())
}

/// A pool whose devices are of a spec's ports where it is given some.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    prefix: &'static str,
    max: u32,
    takes_ports: bool,
    selectors: RdmaSharedSelectors,
}

pub(crate) fn pools() -> impl Strategy<Value = Vec<Pool>> {
    let prefix = select(vec!["rdma", "example.org", "a-b.example.org"]);
    let pool = (prefix, 1..=100_000_u32, any::<bool>(), selectors());
    let pool =
        pool.prop_map(|(prefix, max, takes_ports, selectors)| Pool { prefix, max, takes_ports, selectors });
    vec(pool, 0..3)
}

pub(crate) fn plugin() -> impl Strategy<Value = Option<RdmaSharedDevicePluginSpec>> {
    let plugin = option::of(any::<u32>()).prop_map(|periodic_update_interval| RdmaSharedDevicePluginSpec {
        version: None,
        managed: None,
        periodic_update_interval,
    });
    option::of(plugin)
}

/// Returns pools of these ports.
pub(crate) fn of_ports(pools: Vec<Pool>, ports: &[PfSpec]) -> Vec<RdmaSharedPoolSpec> {
    let ports: Vec<PortReference> =
        ports.iter().map(|port| PortReference { physical_function: port.name.clone() }).collect();
    let made = pools.into_iter().enumerate().map(|(number, pool)| {
        let takes_ports = pool.takes_ports && !ports.is_empty();
        RdmaSharedPoolSpec {
            resource: format!("{}/hca_{number}", pool.prefix).parse().expect("a resource"),
            rdma_hca_max: pool.max,
            from: if takes_ports { ports.clone() } else { Vec::new() },
            selectors: if takes_ports { RdmaSharedSelectors::default() } else { pool.selectors },
        }
    });
    made.collect()
}
