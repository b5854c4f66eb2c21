//! Holds the rows that planning believes against what the simulator does: each cell that both know agrees, or stands in the
//! list of differences with its reason. Both are read from the kernel's source, and neither from the other.

use std::collections::{BTreeMap, BTreeSet};

use vfctl_model::{
    AttributeValue, CountWay, DeviceAddress, DriverName, DriverRow, Guarantees, InterfaceName, RawReading,
    VfAttribute, VfIndex, VfValue,
};
use vfctl_port::{Action, Clock, Op, Outcome, Target};
use vfctl_sim::{PfSeed, SimHost, known_drivers};

use crate::words::{address, by_hand, hand, perform, pf, raw, set_count, vf};

/// Where the two differ, and why that is right.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    (
        "nvme",
        "driver of VFs",
        "it is given them and takes none: the kernel gives them no queues (NVMe 1.4, 8.5)",
    ),
    ("ice", "vlan 5 proto 802.1ad", "the simulated card is in single VLAN mode (`ice_is_dvm_ena`)"),
    ("ice", "spoofCheck in switchdev", "the kernel takes it and a new representor clears it unseen"),
    (
        "ice",
        "linkState in switchdev",
        "the kernel takes it and the representor overwrites it when it is set up",
    ),
    ("ixgbe", "trust resets the VF", "it tells the VF without answering EAGAIN meanwhile"),
    (
        "i40e",
        "count touches the link",
        "the PF's queues stop (`i40e_do_reset_safe`), and the simulator has a carrier alone",
    ),
    ("nfp", "has modes", "the simulated card has firmware without them"),
    ("qede", "own address is shown", "it takes no zero address: nobody may think that one can be given up"),
    ("hinic", "own address is shown", "it takes no zero address: nobody may think that one can be given up"),
    ("cxgb4", "own address is shown", "it takes no zero address: nobody may think that one can be given up"),
    (
        "qede",
        "settings outlive VFs",
        "the spoof check alone does, which the simulator keeps apart from no other",
    ),
    (
        "vfio-pci",
        "makes as many as asked",
        "its parameter enable_sriov, which is not among the facts, is off here",
    ),
];

/// A value of an attribute, and in which words a row is asked for it.
const VALUES: &[(VfAttribute, &str)] = &[
    (VfAttribute::MacAddress, "02:00:00:00:00:09"),
    (VfAttribute::Vlan, "5"),
    (VfAttribute::Vlan, "5 qos 3"),
    (VfAttribute::Vlan, "0 qos 3"),
    (VfAttribute::Vlan, "5 proto 802.1ad"),
    (VfAttribute::Trust, "on"),
    (VfAttribute::SpoofCheck, "on"),
    (VfAttribute::SpoofCheck, "off"),
    (VfAttribute::LinkState, "enable"),
    (VfAttribute::LinkState, "disable"),
    (VfAttribute::QueryRss, "on"),
    (VfAttribute::Rate, "max 100"),
    (VfAttribute::Rate, "min 50 max 100"),
    (VfAttribute::Rate, "max 10"),
    (VfAttribute::Rate, "max 65535"),
    (VfAttribute::Rate, "max 70000"),
    (VfAttribute::Rate, "max 0"),
];

/// A host with one PF, asked what it does.
struct Asked {
    host: SimHost,
    pf: DeviceAddress,
}

impl Asked {
    fn new(driver: &str, vf_count: u16) -> Self {
        let seed = PfSeed { vf_count, ..PfSeed::new(driver.parse().unwrap(), 7) };
        let host = SimHost::builder().module("vfio_pci".parse().unwrap()).pf(seed).build();
        let pf = address(&host);
        if let Some(name) = interface(&host)
            && !pf_facts_up(&host)
        {
            by_hand(&host, &format!("admin {name} up"));
        }
        Self { host, pf }
    }

    fn by_hand(&self, verb: &str, rest: &str) -> bool {
        let Some(name) = interface(&self.host) else { return false };
        hand(&self.host, &format!("{verb} {name} {rest}")).is_ok()
    }

    fn try_set(&self, index: u16, attribute: VfAttribute, value: &str) -> bool {
        let value = VfValue::parse(attribute.row().shape, value).unwrap();
        let Some(name) = interface(&self.host) else { return false };
        let target = Target::VfThroughPf(self.pf.clone(), name, VfIndex(index));
        let action = Action::SetVfAttribute(AttributeValue::new(attribute, value).unwrap());
        perform(&self.host, Op { target, action }) == Outcome::Done
    }

    /// Sets a value and returns whether it is there then.
    fn sets(&self, index: u16, attribute: VfAttribute, value: &str) -> bool {
        let wanted = VfValue::parse(attribute.row().shape, value).unwrap();
        self.try_set(index, attribute, value)
            && raw(&self.host, index, attribute) == RawReading::Value(wanted)
    }
}

fn interface(host: &SimHost) -> Option<InterfaceName> {
    pf(host).netdev.map(|netdev| netdev.name)
}

fn pf_facts_up(host: &SimHost) -> bool {
    pf(host).netdev.is_some_and(|netdev| netdev.up)
}

/// What both say of one driver, by the words of the cell: the planner first.
type Cells = BTreeMap<String, (String, String)>;

fn note(cells: &mut Cells, cell: impl Into<String>, planned: impl ToString, simulated: impl ToString) {
    cells.insert(cell.into(), (planned.to_string(), simulated.to_string()));
}

/// The speed at which a driver takes most rates.
fn best_speed(row: &DriverRow) -> u32 {
    row.rate_needs_speed.unwrap_or(100_000)
}

fn values(driver: &str, row: &DriverRow, cells: &mut Cells) {
    for (attribute, text) in VALUES {
        let value = VfValue::parse(attribute.row().shape, text).unwrap();
        let asked = Asked::new(driver, 1);
        asked.by_hand("speed", &best_speed(row).to_string());
        if *text == "max 0" {
            asked.try_set(0, *attribute, "max 100");
        }
        let has = row.supports(*attribute) && !row.unreported.contains(attribute);
        let above_link = matches!(value, VfValue::Rate(rate) if rate.max.0 > best_speed(row));
        let takes = has && row.refuses(&value).is_none() && !(above_link && row.rate_within_speed);
        note(cells, format!("{attribute} {text}"), takes, asked.sets(0, *attribute, text));
    }
}

fn starts(driver: &str, row: &DriverRow, cells: &mut Cells) {
    let asked = Asked::new(driver, 1);
    for attribute in VfAttribute::ALL.iter().filter(|attribute| row.supports(**attribute)) {
        let Some(initial) = row.initial(*attribute).filter(|_| attribute.row().shareable) else { continue };
        note(cells, format!("{attribute} at first"), initial, raw(&asked.host, 0, *attribute));
    }
}

fn rates(driver: &str, row: &DriverRow, cells: &mut Cells) {
    let takes_rates = row.supports(VfAttribute::Rate);
    if !takes_rates {
        return;
    }
    let set_at = |speed: &str, rate: &str| {
        let asked = Asked::new(driver, 1);
        asked.by_hand("speed", speed);
        asked.sets(0, VfAttribute::Rate, rate)
    };
    let at_another = row.rate_needs_speed.is_none();
    note(cells, "rate at 1000 Mbit/s", at_another, set_at("1000", "max 100"));
    if at_another {
        note(cells, "rate above the link", !row.rate_within_speed, set_at("1000", "max 2000"));
    }
    let dark = Asked::new(driver, 1);
    dark.by_hand("carrier", "off");
    note(cells, "rate without carrier", !row.rate_needs_carrier, dark.sets(0, VfAttribute::Rate, "max 100"));
    if row.takes_min_rate {
        let two = Asked::new(driver, 2);
        two.by_hand("speed", "1000");
        let first = two.sets(0, VfAttribute::Rate, "min 600 max 1000");
        let both = first && two.sets(1, VfAttribute::Rate, "min 600 max 1000");
        note(cells, "guarantees beyond the link", row.guarantees != Guarantees::Counted, both);
    }
}

fn addresses(driver: &str, row: &DriverRow, cells: &mut Cells) {
    let mac = "02:00:00:00:00:09";
    let has = row.supports(VfAttribute::MacAddress) && !row.unreported.contains(&VfAttribute::MacAddress);
    if !has {
        return;
    }
    let asked = Asked::new(driver, 1);
    let chosen = RawReading::Value(VfAttribute::MacAddress.factory());
    let shows = raw(&asked.host, 0, VfAttribute::MacAddress) != chosen;
    let Some(own) = vf(&asked.host, 0).netdev else { return };
    note(cells, "own address is shown", row.shows_chosen_mac, shows);
    asked.try_set(0, VfAttribute::MacAddress, mac);
    let now = vf(&asked.host, 0).netdev.map(|netdev| netdev.mac);
    note(cells, "address needs the driver anew", row.mac_needs_rebind, now == Some(own.mac));
    let down = Asked::new(driver, 1);
    down.by_hand("admin", "down");
    down.try_set(0, VfAttribute::MacAddress, mac);
    by_hand(&down.host, &format!("driver {} vf 0 default", down.pf));
    let hears = vf(&down.host, 0).netdev.is_some_and(|netdev| netdev.mac.to_string() == mac);
    note(cells, "address needs the PF up", row.mac_needs_pf_up, !hears);
}

fn counts(driver: &str, row: &DriverRow, cells: &mut Cells) {
    let none = Asked::new(driver, 0);
    let has_interface = row.has_interface && !row.interface_comes_with_vfs;
    note(cells, "interface without VFs", has_interface, interface(&none.host).is_some());
    let some = Asked::new(driver, 1);
    note(cells, "interface with VFs", row.has_interface, interface(&some.host).is_some());
    let made = |host: &SimHost, count: u16| {
        let outcome = set_count(host, count);
        host.settle();
        (outcome == Outcome::Done).then(|| pf(host).vf_count)
    };
    let count = made(&none.host, 3);
    note(cells, "makes as many as asked", row.count == CountWay::AsAsked, count == Some(3));
    note(cells, "makes all", row.count == CountWay::AllOrNone, count == Some(7));
    let kernels = pf(&none.host).vf_default_driver;
    note(
        cells,
        "driver of VFs",
        row.vf_driver.unwrap_or("none"),
        kernels.map_or("none".to_owned(), |d| d.to_string()),
    );
    if !row.has_interface || row.count != CountWay::AsAsked {
        return;
    }
    let down = Asked::new(driver, 0);
    down.by_hand("admin", "down");
    note(cells, "makes VFs while down", !row.up_before_vfs, made(&down.host, 1) == Some(1));
    let flaps = Asked::new(driver, 1);
    let before = pf(&flaps.host).netdev.is_some_and(|netdev| netdev.carrier);
    set_count(&flaps.host, 0);
    if let Some(after) = pf(&flaps.host).netdev.filter(|_| before) {
        note(cells, "count touches the link", row.count_flaps_link, !after.carrier);
    }
    if row.supports(VfAttribute::Vlan) {
        let again = Asked::new(driver, 1);
        again.try_set(0, VfAttribute::Vlan, "5");
        made(&again.host, 0);
        made(&again.host, 1);
        let outlived = raw(&again.host, 0, VfAttribute::Vlan).to_string() == "5";
        note(cells, "settings outlive VFs", row.settings_outlive_vf, outlived);
    }
}

fn resets(driver: &str, row: &DriverRow, cells: &mut Cells) {
    let disturbs = |attribute: &VfAttribute| attribute.row().disturbs;
    for attribute in VfAttribute::ALL.iter().filter(|a| row.supports(**a) && !disturbs(a)) {
        let asked = Asked::new(driver, 1);
        asked.by_hand("speed", &best_speed(row).to_string());
        // What is still being reset since it was made is over once one attribute was taken.
        asked.try_set(0, VfAttribute::SpoofCheck, "off");
        if !asked.try_set(0, *attribute, if *attribute == VfAttribute::Rate { "max 100" } else { "on" }) {
            continue;
        }
        let before = asked.host.now();
        asked.try_set(0, VfAttribute::SpoofCheck, "off");
        let was_reset = asked.host.now() > before;
        note(cells, format!("{attribute} resets the VF"), row.resets_vf_for.contains(attribute), was_reset);
    }
}

fn eswitch(driver: &str, row: &DriverRow, cells: &mut Cells) {
    if !row.has_interface {
        return;
    }
    let empty = Asked::new(driver, 0);
    let has_modes = empty.by_hand("eswitch", "switchdev");
    if row.count == CountWay::AsAsked && !row.interface_comes_with_vfs {
        note(cells, "has modes", row.eswitch.is_some(), has_modes);
    }
    let (Some(of_row), true) = (row.eswitch, has_modes) else { return };
    let full = Asked::new(driver, 1);
    note(cells, "changes mode with VFs", of_row.changes_with_vfs, full.by_hand("eswitch", "switchdev"));
    set_count(&empty.host, 1);
    empty.host.settle();
    for attribute in VfAttribute::ALL.iter().filter(|attribute| row.supports(**attribute)) {
        let value = match attribute {
            VfAttribute::MacAddress => "02:00:00:00:00:09",
            VfAttribute::Vlan => "5",
            VfAttribute::LinkState => "disable",
            VfAttribute::Rate => "max 100",
            _ => "on",
        };
        let keeps = !of_row.switchdev_lacks.contains(attribute);
        note(cells, format!("{attribute} in switchdev"), keeps, empty.sets(0, *attribute, value));
    }
    set_count(&empty.host, 0);
    empty.host.settle();
    set_count(&empty.host, 1);
    empty.host.settle();
    let is_legacy = vf(&empty.host, 0).representor.is_none();
    note(cells, "is legacy without VFs", of_row.is_legacy_without_vfs, is_legacy);
}

/// Returns every cell of a driver.
fn cells(driver: &str) -> Cells {
    let name: DriverName = driver.parse().unwrap();
    let row = DriverRow::of(Some(&name));
    let mut cells = Cells::new();
    counts(driver, row, &mut cells);
    if row.has_interface {
        values(driver, row, &mut cells);
        starts(driver, row, &mut cells);
        rates(driver, row, &mut cells);
        addresses(driver, row, &mut cells);
        resets(driver, row, &mut cells);
        eswitch(driver, row, &mut cells);
    }
    cells
}

#[test]
fn planner_and_simulator_know_the_same_drivers() {
    let planned: BTreeSet<&str> = DriverRow::all().map(|row| row.driver).collect();
    assert_eq!(planned, known_drivers().collect());
}

#[test]
fn rows_of_planner_and_simulator_agree_but_for_the_differences_that_are_listed() {
    let mut unexplained = Vec::new();
    let listed = DIFFERENCES.iter().map(|(driver, cell, _)| (*driver, (*cell).to_owned()));
    let mut unused: BTreeSet<(&str, String)> = listed.collect();
    let mut asked = 0;
    for driver in known_drivers() {
        for (cell, (planned, simulated)) in cells(driver) {
            asked += 1;
            let is_listed = unused.remove(&(driver, cell.clone()));
            if is_listed && planned == simulated {
                unexplained.push(format!("{driver}, {cell}: listed as a difference, and both say {planned}"));
            }
            if !is_listed && planned != simulated {
                unexplained.push(format!("{driver}, {cell}: planner {planned}, simulator {simulated}"));
            }
        }
    }
    unexplained
        .extend(unused.iter().map(|(driver, cell)| format!("{driver}, {cell}: listed, and never asked")));
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
    assert!(asked > 300, "{asked} cells only");
}
