//! What `discover` shows of ports and their VFs, a column each.

use vfctl_model::{Reading, VfAttribute};
use vfctl_port::{Master, PfFacts, PfNetdev, Property};

use crate::kind::{PfColumn, VfColumn};
use crate::walk;

/// What is shown of every port, whatever the kinds add.
const PF_COLUMNS: &[PfColumn] = &[
    PfColumn {
        heading: "DRIVER",
        cell: |pf| Some(pf.driver.as_ref().map_or("none".to_owned(), ToString::to_string)),
    },
    PfColumn { heading: "VFS", cell: |pf| Some(vfs(pf)) },
    PfColumn { heading: "LINK", cell: |pf| pf.netdev.as_ref().map(link) },
    PfColumn { heading: "MTU", cell: |pf| pf.netdev.as_ref().map(|netdev| netdev.mtu.to_string()) },
    PfColumn { heading: "NUMA", cell: |pf| pf.numa_node.map(|node| node.to_string()) },
];

/// What is shown of every port where more is asked for. A column of a kind that has the same heading is left out for it.
const WIDE_PF_COLUMNS: &[PfColumn] = &[
    PfColumn { heading: "ESWITCH", cell: |pf| pf.properties.name(Property::EswitchMode).map(str::to_owned) },
    PfColumn { heading: "IDS", cell: |pf| Some(format!("{}:{}", pf.vendor?, pf.device?)) },
    PfColumn { heading: "MAC", cell: |pf| pf.netdev.as_ref().map(|netdev| netdev.mac.to_string()) },
    PfColumn { heading: "PORT OF", cell: |pf| pf.netdev.as_ref()?.master.as_ref().map(port_of) },
    PfColumn { heading: "ADDRESSES", cell: |pf| pf.netdev.as_ref().and_then(addresses) },
    PfColumn { heading: "FIRMWARE", cell: |pf| pf.firmware.clone() },
    PfColumn { heading: "SERIAL", cell: |pf| pf.serial.clone() },
];

/// What is shown last.
const MODEL: PfColumn = PfColumn { heading: "MODEL", cell: |pf| pf.model.clone() };

/// What is shown of every VF.
const VF_COLUMNS: &[VfColumn] = &[
    VfColumn { heading: "DEVICE", cell: |_, vf| vf.pci.map(|address| address.to_string()) },
    VfColumn {
        heading: "DRIVER",
        cell: |_, vf| Some(vf.driver.as_ref().map_or("none".to_owned(), ToString::to_string)),
    },
    VfColumn { heading: "INTERFACE", cell: |_, vf| vf.netdev.as_ref().map(|netdev| netdev.name.to_string()) },
];

/// Returns what `discover` shows of ports, in order.
pub fn pf_columns() -> Vec<PfColumn> {
    [PF_COLUMNS, &walk::pf_columns(), &[MODEL]].concat()
}

/// Returns what `discover` shows of ports where more is asked for, in order.
pub fn wide_pf_columns() -> Vec<PfColumn> {
    let is_wide = |column: &PfColumn| WIDE_PF_COLUMNS.iter().any(|wide| wide.heading == column.heading);
    let mut of_kinds = walk::pf_columns();
    of_kinds.retain(|column| !is_wide(column));
    [PF_COLUMNS, &of_kinds, WIDE_PF_COLUMNS, &[MODEL]].concat()
}

/// Returns the bond, bridge or the like that an interface is a port of.
fn port_of(master: &Master) -> String {
    let Master { name, kind } = master;
    format!("{kind} {name}")
}

/// Returns an interface's addresses; `None` where it has none.
fn addresses(netdev: &PfNetdev) -> Option<String> {
    let addresses: Vec<String> = netdev.addresses.iter().map(ToString::to_string).collect();
    (!addresses.is_empty()).then(|| addresses.join(", "))
}

/// Returns what `discover` shows of VFs, in order, besides the attributes.
pub fn vf_columns() -> Vec<VfColumn> {
    [VF_COLUMNS, &walk::vf_columns()].concat()
}

/// Returns how many VFs there are of those that the device offers.
fn vfs(pf: &PfFacts) -> String {
    let total = pf.total_vfs.map_or("?".to_owned(), |total| total.to_string());
    format!("{}/{total}", pf.vf_count)
}

/// Returns the state of a port's link in a word or two.
fn link(netdev: &PfNetdev) -> String {
    match (netdev.up, netdev.carrier, netdev.speed) {
        (false, ..) => "down".to_owned(),
        (true, false, _) => "no carrier".to_owned(),
        (true, true, Some(speed)) if speed >= 1000 && speed % 1000 == 0 => format!("up {}G", speed / 1000),
        (true, true, Some(speed)) => format!("up {speed}M"),
        (true, true, None) => "up".to_owned(),
    }
}

/// Returns an attribute's reading as a cell; `-` where the driver has no such thing, `?` where it could not be read.
pub fn attribute_cell(attribute: VfAttribute, reading: &Reading<vfctl_model::VfValue>) -> String {
    match reading {
        Reading::Known(value) if attribute == VfAttribute::MacAddress && *value == attribute.factory() => {
            "none".to_owned()
        }
        Reading::Known(value) => value.to_string(),
        Reading::Unsupported => "-".to_owned(),
        Reading::Unreadable(_) => "?".to_owned(),
    }
}
