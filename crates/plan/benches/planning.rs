//! Measures planning alone: facts and documents in, a checked plan and its text out.
//!
//! Half of the PFs have drifted, the other half get another count, so that all their VFs are new. Prints best and
//! median of 20 runs and what they are asked to be; fails only where a plan is not as it should be.
#![allow(clippy::disallowed_methods, clippy::expect_used, reason = "a program for measuring")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use vfctl_kinds::document::{PlacedDocument, SriovConfig};
use vfctl_kinds::path::{Origin, SpecPath};
use vfctl_model::{
    AttributeMap, DeviceAddress, MacAddress, RawReading, Shape, VfAttribute, VfIndex, VfValue,
};
use vfctl_plan::{Detail, Options, Plan, check, plan, render};
use vfctl_port::{
    ClaimValue, HostFacts, IommuFacts, IommuGroup, OwnershipRecord, PfFacts, PfNetdev, Property, SystemFacts,
    VfFacts, World,
};

/// How often each world is planned for.
const RUNS: usize = 20;

/// What planning for 1024 VFs may take.
const ASKED: Duration = Duration::from_millis(10);

/// How much longer 8192 VFs may take.
const ASKED_GROWTH: f64 = 10.0;

/// What both entries ask of each VF, beside its MAC address.
const SPEC: &str = r#"{
    "apiVersion": "vfctl.dev/v1alpha1",
    "kind": "SriovConfig",
    "metadata": {"name": "bench"},
    "spec": {"physicalFunctions": [
        {"name": "drifted", "expect": "all", "match": {"numaNode": 0}, "vfs": VFS},
        {"name": "grown", "expect": "all", "match": {"numaNode": 1}, "vfs": VFS}
    ]}
}"#;
const VFS: &str = r#"{
    "count": COUNT,
    "all": {"trust": "on", "spoofCheck": "off", "linkState": "auto", "rate": {"max": 1000}},
    "groups": [
        {"vfs": "0-LAST", "macAddress": {"derive": {"prefix": "02:4f", "from": ["nodeName", "pf", "index"]}}},
        {"vfs": "0-MIDDLE", "vlan": {"id": 100, "qos": 3}},
        {"vfs": "UPPER-LAST", "driver": "vfio-pci"}
    ]
}"#;

fn main() {
    // `cargo test` only tries whether it still works, `cargo bench` asks for figures.
    let runs = if std::env::args().any(|argument| argument == "--bench") { RUNS } else { 1 };
    println!("milliseconds, best and median of {runs} runs");
    let worlds = [(8, 128), (64, 128), (8, 1024)];
    let mut measured = worlds.map(|(pfs, vfs)| Measured::new(pfs, vfs));
    // In turns, so that what else the machine does is shared by all.
    for _ in 0..runs {
        measured.iter_mut().for_each(Measured::run);
    }
    let [small, larger @ ..] = measured.map(|measured| measured.report());
    compare("1024 VFs", small, ASKED.as_secs_f64() * 1e3, "ms");
    for (large, (pfs, vfs)) in larger.into_iter().zip(worlds.into_iter().skip(1)) {
        compare(&format!("{pfs} x {vfs} VFs"), large / small, ASKED_GROWTH, "times as long as 1024 VFs");
    }
}

/// Prints how the best time compares with what was asked.
fn compare(what: &str, is: f64, asked: f64, unit: &str) {
    let missed = if is <= asked { "" } else { "  MISSED" };
    println!("  {what}, plan and check: {is:.2} {unit}, asked: at most {asked:.0}{missed}");
}

/// A host, what is asked of it, and what planning for it took.
struct Measured {
    pfs: u16,
    vfs: u16,
    config: SriovConfig,
    world: World,
    changes: usize,
    planning: Vec<Duration>,
    checking: Vec<Duration>,
    writing: Vec<Duration>,
}

impl Measured {
    fn new(pfs: u16, vfs: u16) -> Self {
        let config = serde_json::from_str(&spec(vfs)).expect("a spec");
        let world = World::of_host("bench".parse().expect("a name"), host(pfs, vfs));
        let (planning, checking, writing) = (Vec::new(), Vec::new(), Vec::new());
        Self { pfs, vfs, config, world, changes: 0, planning, checking, writing }
    }

    /// Plans once.
    fn run(&mut self) {
        let place = |path: &SpecPath| Origin::new("bench.yaml", 1, path);
        let documents = [PlacedDocument { config: &self.config, place: &place }];
        let (planned, planned_in) =
            timed(|| plan(black_box(&documents), black_box(&self.world), Options::default()));
        let (checked, checked_in) = timed(|| check(&planned));
        let (text, written_in) = timed(|| render(&planned, Detail::Short));
        checked.expect("a plan without flaws");
        self.changes = prove(&planned, &text, self.pfs, self.vfs);
        self.planning.push(planned_in);
        self.checking.push(checked_in);
        self.writing.push(written_in);
    }

    /// Prints the times; returns the best of plan and check together, in milliseconds.
    fn report(self) -> f64 {
        let Self { pfs, vfs, config: _, world: _, changes, planning, checking, writing } = self;
        let both = planning.iter().zip(&checking).map(|(plan, check)| *plan + *check).collect();
        let (asked_for, _) = best_and_median(both);
        println!("{pfs} PFs x {vfs} VFs, {changes} changes");
        for (what, times) in [("plan", planning), ("check", checking), ("text", writing)] {
            let (best, median) = best_and_median(times);
            println!("  {what:8} {best:8.2} {median:8.2}");
        }
        asked_for
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    let done = black_box(work());
    (done, began.elapsed())
}

fn best_and_median(mut times: Vec<Duration>) -> (f64, f64) {
    times.sort();
    let milliseconds = |at: usize| times.get(at).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3);
    (milliseconds(0), milliseconds(times.len() / 2))
}

/// Fails unless the plan has every change that the world asks for; returns how many these are.
fn prove(planned: &Plan, text: &str, pfs: u16, vfs: u16) -> usize {
    let mut changes: BTreeMap<String, usize> = BTreeMap::new();
    for step in planned.hosts.values().flat_map(|host| host.steps()) {
        *changes.entry(step.property.to_string()).or_default() += step.changes.len();
    }
    let (half_of_pfs, vfs) = (usize::from(pfs) / 2, usize::from(vfs));
    let of = |property: &str| changes.get(property).copied().unwrap_or_default();
    assert!(!planned.is_blocked() && text.contains("Plan: "), "{text}");
    // Every VF has another address, one of four that drifted another VLAN, and all new ones each value.
    assert_eq!(of("macAddress"), 2 * half_of_pfs * vfs);
    assert_eq!(of("vlan"), half_of_pfs * vfs / 4 + half_of_pfs * vfs / 2);
    assert_eq!(of("trust"), half_of_pfs * vfs);
    assert_eq!(of("count"), 2 * half_of_pfs);
    assert!(of("driver") >= half_of_pfs * vfs, "{changes:?}");
    changes.values().sum()
}

fn spec(vfs: u16) -> String {
    let filled = VFS
        .replace("COUNT", &vfs.to_string())
        .replace("LAST", &(vfs - 1).to_string())
        .replace("MIDDLE", &(vfs / 2 - 1).to_string())
        .replace("UPPER", &(vfs / 2).to_string());
    SPEC.replace("VFS", &filled)
}

/// Returns a host whose even PFs have all VFs, some as they should be and some not, and whose odd ones have half.
fn host(pfs: u16, vfs: u16) -> HostFacts {
    let pfs = (0..pfs).map(|number| {
        let address: DeviceAddress = format!("pci/{number:04x}:3b:00.0").parse().expect("an address");
        let facts = pf(number, &address, vfs);
        (address, facts)
    });
    HostFacts {
        system: SystemFacts {
            kernel: "6.12.0".to_owned(),
            iommu: IommuFacts { groups: 100, kinds: ["DMA-FQ".to_owned()].into(), ..IommuFacts::default() },
            modules: ["vfio_pci".parse().expect("a name")].into(),
            ..SystemFacts::default()
        },
        physical_functions: pfs.collect(),
        links: BTreeMap::new(),
        pci_functions: None,
        record: OwnershipRecord::default(),
        unread: Vec::new(),
    }
}

fn pf(number: u16, address: &DeviceAddress, vfs: u16) -> PfFacts {
    let numa_node = number % 2;
    let vf_count = if numa_node == 0 { vfs } else { vfs / 2 };
    let netdev = PfNetdev {
        name: format!("ens{number}").parse().expect("a name"),
        altnames: Default::default(),
        mac: MacAddress::new([2, 0, 0, 0, 1, number.to_le_bytes()[0]]),
        permanent_mac: None,
        mtu: 1500,
        max_mtu: Some(9702),
        up: true,
        carrier: true,
        speed: Some(100_000),
        master: None,
        addresses: Default::default(),
        default_route: false,
        uppers_elsewhere: Default::default(),
    };
    let mut facts = PfFacts {
        numa_node: Some(numa_node),
        driver: Some("ice".parse().expect("a name")),
        total_vfs: Some(vfs),
        vf_count,
        vf_offset: Some(8),
        vf_stride: Some(1),
        vf_default_driver: Some("iavf".parse().expect("a name")),
        netdev: Some(netdev),
        ..PfFacts::default()
    };
    facts.properties.note(Property::DriversAutoprobe, ClaimValue::Flag(true));
    facts.vfs = (0..vf_count).map(|index| (VfIndex(index), vf(&facts, address, index, vfs))).collect();
    facts
}

/// Returns a VF; of four, one has no VLAN that should have one.
fn vf(pf: &PfFacts, address: &DeviceAddress, index: u16, vfs: u16) -> VfFacts {
    let driver = if index < vfs / 2 { "iavf" } else { "vfio-pci" };
    let vlan = if index < vfs / 2 && index.is_multiple_of(2) { "100 qos 3" } else { "none" };
    let attributes = VfAttribute::ALL.iter().map(|attribute| {
        let shape = attribute.row().shape;
        let text = match shape {
            Shape::Mac => "02:00:00:00:00:01",
            Shape::Vlan => vlan,
            Shape::Toggle if *attribute == VfAttribute::Trust => "on",
            Shape::Toggle => "off",
            Shape::LinkState => "auto",
            Shape::Rate => "max 1000",
        };
        (*attribute, RawReading::Value(VfValue::parse(shape, text).expect("a value")))
    });
    VfFacts {
        pci: pf.vf_address(address.pci(), VfIndex(index)),
        driver: Some(driver.parse().expect("a name")),
        driver_override: None,
        driver_override_unread: false,
        iommu_group: Some(IommuGroup {
            number: u32::from(index),
            kind: Some("DMA-FQ".to_owned()),
            siblings: Default::default(),
        }),
        netdev: None,
        representor: None,
        attributes: AttributeMap(attributes.collect()),
        uses: Vec::new(),
        offered_as: None,
    }
}
