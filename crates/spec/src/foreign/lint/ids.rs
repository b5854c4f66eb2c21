//! PCI ids of ports and of their VFs, which differ: a small table, for those that people mix up.

/// Ports and the id of their VFs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Card {
    /// What it is, for messages.
    pub(super) what: &'static str,
    /// The vendor's id.
    pub(super) vendor: &'static str,
    /// The device id of its VFs.
    pub(super) vf: &'static str,
    /// The device ids of its ports.
    pub(super) ports: &'static [&'static str],
}

/// Vendors whose ids stand where a device's id belongs.
pub(super) const VENDORS: &[&str] = &[INTEL, MELLANOX, BROADCOM];

const INTEL: &str = "8086";
const MELLANOX: &str = "15b3";
const BROADCOM: &str = "14e4";

const fn card(
    vendor: &'static str,
    what: &'static str,
    vf: &'static str,
    ports: &'static [&'static str],
) -> Card {
    Card { what, vendor, vf, ports }
}

/// The cards. Sources: the lists of ids in Linux's drivers, named at each, and the PCI ID repository. Broadcom's are left out:
/// the id of their VFs depends on whether they have RDMA.
const CARDS: &[Card] = &[
    // drivers/net/ethernet/intel/igb/e1000_hw.h
    card(INTEL, "82576", "10ca", &["10c9", "10e6", "10e7", "10e8", "150a", "150d", "1518", "1526"]),
    card(INTEL, "I350", "1520", &["1521", "1522", "1523", "1524"]),
    // drivers/net/ethernet/intel/ixgbe/ixgbe_type.h
    card(
        INTEL,
        "82599",
        "10ed",
        &[
            "10f7", "10f8", "10f9", "10fb", "10fc", "1507", "1514", "1517", "151c", "1529", "152a", "154a",
            "154d", "1557", "1558",
        ],
    ),
    card(INTEL, "X540", "1515", &["1528", "1560"]),
    card(INTEL, "X550", "1565", &["1563", "15d1"]),
    card(INTEL, "X552", "15a8", &["15aa", "15ab", "15ac", "15ad", "15ae", "15b0"]),
    card(
        INTEL,
        "X553",
        "15c5",
        &["15c2", "15c3", "15c4", "15c6", "15c7", "15c8", "15ca", "15cc", "15ce", "15e4", "15e5"],
    ),
    // drivers/net/ethernet/intel/i40e/i40e_devids.h
    card(
        INTEL,
        "X710 or XL710",
        "154c",
        &[
            "1572", "1580", "1581", "1583", "1584", "1585", "1586", "1587", "1588", "1589", "158a", "158b",
            "15ff",
        ],
    ),
    card(INTEL, "X722", "37cd", &["37ce", "37cf", "37d0", "37d1", "37d2", "37d3"]),
    // drivers/net/ethernet/intel/ice/ice_devids.h, drivers/net/ethernet/intel/iavf/iavf_main.c
    card(INTEL, "E810", "1889", &["1591", "1592", "1593", "1599", "159a", "159b"]),
    card(INTEL, "E822", "1889", &["1890", "1891", "1892", "1893", "1894", "1897", "1898", "1899", "189a"]),
    card(
        INTEL,
        "E823",
        "1889",
        &["124c", "124d", "124e", "124f", "151d", "188a", "188b", "188c", "188d", "188e"],
    ),
    // drivers/net/ethernet/mellanox/mlx4/main.c
    card(MELLANOX, "ConnectX-3", "1004", &["1003", "1007"]),
    // drivers/net/ethernet/mellanox/mlx5/core/main.c
    card(MELLANOX, "ConnectX-4", "1014", &["1013"]),
    card(MELLANOX, "ConnectX-4 Lx", "1016", &["1015"]),
    card(MELLANOX, "ConnectX-5", "1018", &["1017"]),
    card(MELLANOX, "ConnectX-5 Ex", "101a", &["1019"]),
    card(MELLANOX, "ConnectX-6", "101c", &["101b"]),
    card(MELLANOX, "ConnectX-6 Dx", "101e", &["101d"]),
    card(MELLANOX, "ConnectX-6 Lx", "101e", &["101f"]),
    card(MELLANOX, "ConnectX-7", "101e", &["1021"]),
    card(MELLANOX, "BlueField-2", "101e", &["a2d6"]),
    card(MELLANOX, "BlueField-3", "101e", &["a2dc"]),
];

/// Returns the card that has a port of this id, and is of one of these vendors, or of any where none is named.
pub(super) fn card_of_port(vendors: &[String], port: &str) -> Option<&'static Card> {
    let is_of = |card: &Card| vendors.is_empty() || vendors.iter().any(|vendor| vendor == card.vendor);
    CARDS.iter().find(|card| is_of(card) && card.ports.contains(&port))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_port_stands_once_and_is_no_vf() {
        let vfs: BTreeSet<_> = CARDS.iter().map(|card| (card.vendor, card.vf)).collect();
        let mut ports = BTreeSet::new();
        for card in CARDS {
            for id in card.ports.iter().chain([&card.vf, &card.vendor]) {
                assert_eq!(id.parse::<vfctl_model::PciId>().map(|id| id.to_string()).as_deref(), Ok(*id));
            }
            for port in card.ports {
                assert!(ports.insert((card.vendor, *port)), "{port} stands twice");
                assert!(!vfs.contains(&(card.vendor, *port)), "{port} is a VF, too");
            }
            assert!(VENDORS.contains(&card.vendor), "{}", card.vendor);
        }
    }

    #[test]
    fn vendors_tell_apart_what_has_the_same_id() {
        let found = |vendors: &[&str], port: &str| {
            let vendors: Vec<String> = vendors.iter().map(|vendor| (*vendor).to_owned()).collect();
            card_of_port(&vendors, port).map(|card| card.vf)
        };
        for (vendors, port, vf) in [
            (&["8086"][..], "1572", Some("154c")),
            (&["15b3"], "1572", None),
            (&[], "37d1", Some("37cd")),
            (&["8086", "15b3"], "101d", Some("101e")),
            (&["8086"], "154c", None),
        ] {
            assert_eq!(found(vendors, port), vf, "{vendors:?} {port}");
        }
    }
}
