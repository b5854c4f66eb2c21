//! Reads that may have to wait for a lock that somebody keeps: `driver_override` of VFs, the link's speed, the version of the
//! firmware, and devlink.
//!
//! `driver_override_show` takes the device's lock in kernels before 2026 (drivers/pci/pci-sysfs.c), and a VF
//! that is being unbound holds it for as long as its user keeps it; devlink's lock is held while firmware is
//! written. A child reads, beside what is read without it; what it does not bring in time is not known.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use vfctl_model::{DeviceAddress, InterfaceName, PciAddress, VfIndex};
use vfctl_port::{ClaimValue, PfFacts, Property};

use super::files::named;
use super::pf::vf_links;
use crate::child::{Children, PART, Read, Reading, Returned, WasRead};
use crate::errno::io_cause;
use crate::roots::Roots;

/// How long one child may take at most; without a lock that is kept it takes milliseconds.
const LIMIT: Duration = Duration::from_secs(2);
/// How many children are waited for in vain before the rest is left unread.
const CHILDREN: u32 = 4;

/// What devlink tells of an embedded switch, in the order in which a child says it.
const ESWITCH: [Property; 3] =
    [Property::EswitchMode, Property::EswitchInlineMode, Property::EswitchEncapMode];

/// A read, and what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Request {
    pf: DeviceAddress,
    wanted: Wanted,
    read: Read,
}

/// What is wanted of a PF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wanted {
    /// The modes of its embedded switch.
    Switch,
    /// The speed of its interface, whose reader turns in circles while somebody keeps the lock of all interfaces
    /// (`speed_show`, net/core/net-sysfs.c).
    Speed,
    /// The version of its firmware: the kernel asks the driver under the lock of all interfaces (`dev_ethtool`).
    Firmware,
    /// The driver override of this VF.
    Override(VfIndex),
}

/// The reads about some PFs, which a child is at.
#[derive(Debug)]
pub(crate) struct BoundedReads<'a> {
    roots: &'a Roots,
    children: &'a Children,
    requests: Vec<Request>,
    child: io::Result<Option<Reading<'a>>>,
}

impl<'a> BoundedReads<'a> {
    /// Begins to read the switch's mode of each of these PFs and the override of each of their VFs.
    pub(crate) fn begin(roots: &'a Roots, children: &'a Children, pfs: &[DeviceAddress]) -> Self {
        let of_pf = |pf: &DeviceAddress| {
            let folder = roots.device(pf);
            // Where there are several, which is the PF's own is known later.
            let interfaces: Vec<InterfaceName> = named(&folder.join("net"));
            let interface = interfaces.first().filter(|_| interfaces.len() == 1);
            requests_of(roots, pf, interface, vf_links(&folder))
        };
        let requests: Vec<Request> = pfs.iter().flat_map(of_pf).collect();
        let child = start(children, &requests);
        Self { roots, children, requests, child }
    }

    /// Puts what was read into the facts of these PFs. No child is waited for longer than `limit`, and after one that was
    /// waited for in vain all other PFs come first: who keeps one lock of a PF may keep several.
    pub(crate) fn finish<'f>(
        self,
        limit: Duration,
        pfs: impl IntoIterator<Item = (&'f DeviceAddress, &'f mut PfFacts)>,
    ) {
        let Self { roots, children, requests: mut asked, mut child } = self;
        let mut pfs: BTreeMap<&DeviceAddress, &mut PfFacts> = pfs.into_iter().collect();
        let mut made_since = made_since(roots, &asked, &pfs);
        let mut children_left = CHILDREN;
        loop {
            let (results, why) = results_of(child, limit.min(LIMIT));
            let mut rest = asked.split_off(results.len().min(asked.len()));
            for (request, result) in asked.into_iter().zip(results) {
                give(&mut pfs, &request, result);
            }
            let stuck = rest.first().map(|request| request.pf.clone());
            rest.append(&mut made_since);
            if let Some(stuck) = stuck {
                children_left -= 1;
                let failed = if children_left == 0 { rest.len() } else { 1 };
                for request in rest.drain(..failed) {
                    give(&mut pfs, &request, WasRead::Failed(why.clone()));
                }
                rest.sort_by_key(|request| request.pf == stuck);
            }
            if rest.is_empty() {
                return;
            }
            child = start(children, &rest);
            asked = rest;
        }
    }
}

/// Starts a child for these reads; `None` where there are none.
fn start<'a>(children: &'a Children, requests: &[Request]) -> io::Result<Option<Reading<'a>>> {
    let reads: Vec<Read> = requests.iter().map(|request| request.read.clone()).collect();
    if reads.is_empty() { Ok(None) } else { children.start_reading(&reads).map(Some) }
}

/// Returns what a child has read, and why it has not read more.
fn results_of(child: io::Result<Option<Reading<'_>>>, limit: Duration) -> (Vec<WasRead>, String) {
    match child.map(|child| child.map(|child| child.finish(limit))) {
        Ok(None) => (Vec::new(), String::new()),
        Ok(Some(Returned::Whole(results))) => (results, String::new()),
        Ok(Some(Returned::Left { results, pid })) => (
            results,
            format!(
                "pid {pid} is blocked in the kernel: another process works on this device, or hangs there"
            ),
        ),
        Ok(Some(Returned::Dead(results))) => (results, "the child that reads died".to_owned()),
        Err(error) => (Vec::new(), format!("no child could be started: {}", io_cause(&error))),
    }
}

fn requests_of(
    roots: &Roots,
    pf: &DeviceAddress,
    interface: Option<&InterfaceName>,
    vfs: impl IntoIterator<Item = (VfIndex, PciAddress)>,
) -> Vec<Request> {
    let request = |wanted, read| Request { pf: pf.clone(), wanted, read };
    let mode = request(Wanted::Switch, Read::Eswitch(pf.to_string()));
    let of_interface = interface.map(|interface| {
        let path = roots.device(pf).join("net").join(interface.as_str()).join("speed");
        [
            request(Wanted::Speed, Read::FirstLine(path)),
            request(Wanted::Firmware, Read::Firmware(interface.clone())),
        ]
    });
    let overrides = vfs.into_iter().map(|(index, address)| {
        let path = roots.function(address).join("driver_override");
        request(Wanted::Override(index), Read::FirstLine(path))
    });
    [mode].into_iter().chain(of_interface.into_iter().flatten()).chain(overrides).collect()
}

/// Returns the reads about VFs and interfaces that have come to be, or were found, since a child was asked for these.
fn made_since(
    roots: &Roots,
    asked: &[Request],
    pfs: &BTreeMap<&DeviceAddress, &mut PfFacts>,
) -> Vec<Request> {
    let asked: BTreeMap<_, _> =
        asked.iter().map(|request| ((&request.pf, request.wanted), request)).collect();
    let of_pf = |(address, pf): (&&DeviceAddress, &&mut PfFacts)| {
        let vfs: Vec<_> = pf.vfs.iter().filter_map(|(index, vf)| Some((*index, vf.pci?))).collect();
        requests_of(roots, address, pf.netdev.as_ref().map(|netdev| &netdev.name), vfs)
    };
    let mut requests: Vec<Request> = pfs.iter().flat_map(of_pf).collect();
    requests.retain(|request| asked.get(&(&request.pf, request.wanted)) != Some(&request));
    requests
}

/// Puts what was read into the facts.
fn give(pfs: &mut BTreeMap<&DeviceAddress, &mut PfFacts>, request: &Request, result: WasRead) {
    let Some(pf) = pfs.get_mut(&request.pf) else { return };
    match (request.wanted, result) {
        (_, WasRead::Absent) => {}
        (Wanted::Speed, WasRead::Text(text)) => {
            if let Some(netdev) = &mut pf.netdev {
                // The kernel says -1 without carrier.
                netdev.speed = text.parse().ok().filter(|speed| *speed != u32::MAX);
            }
        }
        // EINVAL while the interface is down, or where the driver does not tell.
        (Wanted::Speed, WasRead::Failed(_)) => {}
        (Wanted::Firmware, WasRead::Text(text)) => pf.firmware = Some(text),
        (Wanted::Firmware, WasRead::Failed(why)) => pf.unread.push(format!("version of the firmware: {why}")),
        (Wanted::Switch, WasRead::Text(text)) => {
            let mut parts = text.split(PART);
            for property in ESWITCH {
                let word = parts.next().filter(|word| !word.is_empty());
                if let Some(word) = word {
                    pf.properties.note(property, ClaimValue::Name(word.to_owned()));
                }
            }
            give_representors(pf, parts.next().unwrap_or_default());
        }
        (Wanted::Switch, WasRead::Failed(why)) => {
            pf.unread.push(format!("modes of the embedded switch: {why}"));
            for property in ESWITCH {
                pf.properties.note_unread(property, why.clone());
            }
        }
        (Wanted::Override(index), WasRead::Text(text)) => {
            if let Some(vf) = pf.vfs.get_mut(&index) {
                // The kernel prints "(null)" where there is none.
                vf.driver_override = text.parse().ok().filter(|_| text != "(null)");
            }
        }
        (Wanted::Override(index), WasRead::Failed(why)) => {
            pf.unread.push(format!("driver_override of VF {index}: {why}"));
            if let Some(vf) = pf.vfs.get_mut(&index) {
                vf.driver_override_unread = true;
            }
        }
    }
}

/// Gives each VF its representor: `0=eth4 1=eth5`, or `!` and why they could not be read.
fn give_representors(pf: &mut PfFacts, words: &str) {
    if let Some(why) = words.strip_prefix('!') {
        pf.unread.push(format!("representors: {why}"));
        return;
    }
    for (vf, name) in words.split(' ').filter_map(|word| word.split_once('=')) {
        if let Some(vf) = vf.parse().ok().and_then(|vf| pf.vfs.get_mut(&VfIndex(vf))) {
            vf.representor = name.parse().ok();
        }
    }
}
