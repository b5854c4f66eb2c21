//! What `discover` says of a host: which port can do what, what is set on its VFs, and why a port cannot have any. Text and
//! page are views of it.

use vfctl_kinds::pf::{attribute_cell, host_obstacles, obstacles, vf_columns};
use vfctl_kinds::{PfColumn, VfColumn};
use vfctl_model::{DeviceAddress, HostName, Reading, VfAttribute, VfIndex};
use vfctl_port::{HostFacts, PfFacts, VfFacts};

/// How many VFs of a port are shown one by one.
const SHOWN_VFS: usize = 64;

/// The cells of a table, the headings first.
pub type Cells = Vec<Vec<String>>;

/// A host at a glance.
#[derive(Debug, Clone)]
pub struct HostView {
    /// Its name, kernel and IOMMU.
    pub heading: String,
    /// What stands in the way of all its ports, a line each.
    pub obstacles: Vec<String>,
    /// What else is to be said, a line each.
    pub notes: Vec<String>,
    /// Its ports; empty where none can have VFs.
    pub ports: Cells,
    /// More on ports, where there is more.
    pub details: Vec<PortView>,
}

/// What is to be said of a port besides its row.
#[derive(Debug, Clone)]
pub struct PortView {
    /// What it is called.
    pub title: String,
    /// What stands in its way, or could not be read, a line each.
    pub obstacles: Vec<String>,
    /// Its VFs, one a row; empty where there are none.
    pub vfs: Cells,
    /// How many VFs are not shown.
    pub more: usize,
}

impl HostView {
    /// Returns what is to be said of a host, with these columns of its ports.
    pub fn of(name: &HostName, host: &HostFacts, columns: &[PfColumn]) -> Self {
        let system = &host.system;
        let iommu = match system.iommu.groups {
            0 => "off".to_owned(),
            groups => {
                let kinds: Vec<&str> = system.iommu.kinds.iter().map(String::as_str).collect();
                format!("{groups} groups ({})", kinds.join(", "))
            }
        };
        let managers = system
            .link_managers
            .iter()
            .map(|manager| format!("{} takes new VF interfaces: {}", manager.name, manager.remedy));
        let stuck = system
            .stuck_stores
            .iter()
            .map(|stuck| format!("process {} is blocked in the kernel, writing {}", stuck.pid, stuck.path));
        let unread = host.unread.iter().map(|unread| format!("could not be read: {unread}"));
        Self {
            heading: format!("host {name}: kernel {}, IOMMU {iommu}", system.kernel),
            obstacles: host_obstacles(host).iter().map(ToString::to_string).collect(),
            notes: managers.chain(stuck).chain(unread).collect(),
            ports: ports(host, columns),
            details: host.physical_functions.iter().filter_map(|(a, pf)| PortView::of(host, a, pf)).collect(),
        }
    }
}

impl PortView {
    /// Returns what is to be said of a port; `None` where its row says all.
    fn of(host: &HostFacts, address: &DeviceAddress, pf: &PfFacts) -> Option<Self> {
        let title = pf.title(address);
        let unread = pf.unread.iter().map(|unread| format!("could not be read: {unread}"));
        let obstacles: Vec<String> = obstacles(pf).iter().map(ToString::to_string).chain(unread).collect();
        let vfs = if pf.vfs.is_empty() { Vec::new() } else { vfs(host, pf) };
        let has_more = !obstacles.is_empty() || !vfs.is_empty();
        has_more.then(|| Self { title, obstacles, vfs, more: pf.vfs.len().saturating_sub(SHOWN_VFS) })
    }
}

/// Returns the ports of a host, one a row.
fn ports(host: &HostFacts, columns: &[PfColumn]) -> Cells {
    let ports: Vec<(&DeviceAddress, &PfFacts)> = host.physical_functions.iter().collect();
    if ports.is_empty() {
        return Vec::new();
    }
    let columns = columns.iter().map(|PfColumn { heading, cell }| {
        (*heading, ports.iter().map(|(_, pf)| cell(pf)).collect::<Vec<_>>())
    });
    let name_of =
        |(_, pf): &(&DeviceAddress, &PfFacts)| pf.netdev.as_ref().map(|netdev| netdev.name.to_string());
    let address = |(address, _): &(&DeviceAddress, &PfFacts)| Some(address.to_string());
    let first = [
        ("PORT", ports.iter().map(name_of).collect()),
        ("DEVICE", ports.iter().map(address).collect::<Vec<_>>()),
    ];
    rows_of(first.into_iter().chain(columns).collect(), ports.len())
}

/// Returns the VFs of a port, one a row.
fn vfs(host: &HostFacts, pf: &PfFacts) -> Cells {
    let shown: Vec<(&VfIndex, &VfFacts)> = pf.vfs.iter().take(SHOWN_VFS).collect();
    let column = |cell: &dyn Fn(&VfIndex, &VfFacts) -> Option<String>| -> Vec<Option<String>> {
        shown.iter().map(|(index, vf)| cell(index, vf)).collect()
    };
    let mut columns = vec![("VF".to_owned(), column(&|index, _| Some(index.to_string())))];
    columns.extend(
        vf_columns()
            .into_iter()
            .map(|VfColumn { heading, cell }| (heading.to_owned(), column(&|_, vf| cell(pf, vf)))),
    );
    columns.extend(VfAttribute::ALL.iter().filter(|_| pf.row().has_interface).map(|attribute| {
        let cell =
            |_: &VfIndex, vf: &VfFacts| Some(attribute_cell(*attribute, &pf.attribute(vf, *attribute)));
        (attribute.key().to_uppercase(), column(&cell))
    }));
    let users = |_: &VfIndex, vf: &VfFacts| {
        let mut users: Vec<String> = vf.uses.iter().map(ToString::to_string).collect();
        if let Reading::Known(of_representor) = host.users_of_representor(pf, vf) {
            users.extend(of_representor.into_iter().map(|user| format!("representor: {user}")));
        }
        Some(users.join(", "))
    };
    columns.push(("IN USE BY".to_owned(), column(&users)));
    rows_of(columns, shown.len())
}

/// Returns the rows of a table from its columns, the headings first; columns without any cell are left out.
fn rows_of<T: Into<String>>(columns: Vec<(T, Vec<Option<String>>)>, count: usize) -> Cells {
    let (mut headings, mut rows) = (Vec::new(), vec![Vec::new(); count]);
    for (heading, cells) in columns.into_iter().filter(|(_, cells)| cells.iter().any(Option::is_some)) {
        headings.push(heading.into());
        for (row, cell) in rows.iter_mut().zip(cells) {
            row.push(cell.unwrap_or_else(|| "-".to_owned()));
        }
    }
    rows.insert(0, headings);
    rows
}
