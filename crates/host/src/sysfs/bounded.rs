//! Reads that may have to wait for a lock that somebody keeps: `driver_override` of VFs, and devlink.
//!
//! `driver_override_show` takes the device's lock in kernels before 2026 (drivers/pci/pci-sysfs.c), and a VF
//! that is being unbound holds it for as long as its user keeps it; devlink's lock is held while firmware is
//! written. A child reads; what it does not bring in time is not known.

use std::collections::BTreeMap;
use std::time::Duration;

use vfctl_model::{DeviceAddress, VfIndex};
use vfctl_port::{ClaimValue, PfFacts, Property};

use crate::child::{Children, Read, Returned, WasRead};
use crate::errno::io_cause;
use crate::roots::Roots;

/// How long one child may take at most; without a lock that is kept it takes milliseconds.
const LIMIT: Duration = Duration::from_secs(2);
/// How many children are waited for in vain before the rest is left unread.
const CHILDREN: u32 = 4;

/// A read, and what it is for.
struct Request {
    pf: DeviceAddress,
    /// The VF whose override it is; `None` where it is the PF's switch.
    vf: Option<VfIndex>,
    read: Read,
}

/// Reads the switch's mode of each of these PFs and the override of each of their VFs. No child takes longer than
/// `limit`.
pub(crate) fn read_bounded<'a>(
    roots: &Roots,
    children: &Children,
    limit: Duration,
    pfs: impl IntoIterator<Item = (&'a DeviceAddress, &'a mut PfFacts)>,
) {
    let mut pfs: BTreeMap<&DeviceAddress, &mut PfFacts> = pfs.into_iter().collect();
    let requests: Vec<Request> =
        pfs.iter().flat_map(|(address, pf)| requests_of(roots, address, pf)).collect();
    let mut rest = requests.as_slice();
    let mut children_left = CHILDREN;
    while !rest.is_empty() {
        let reads: Vec<Read> = rest.iter().map(|request| request.read.clone()).collect();
        let (results, why) = match children.read(&reads, limit.min(LIMIT)) {
            Ok(Returned::Whole(results)) => (results, String::new()),
            Ok(Returned::Left { results, pid }) => (
                results,
                format!("the kernel keeps pid {pid} waiting; somebody\'s work on this device is stuck"),
            ),
            Ok(Returned::Dead(results)) => (results, "the child that reads died".to_owned()),
            Err(error) => (Vec::new(), format!("no child could be started: {}", io_cause(&error))),
        };
        let (read, unread) = rest.split_at(results.len().min(rest.len()));
        for (request, result) in read.iter().zip(results) {
            if let Some(pf) = pfs.get_mut(&request.pf) {
                give(pf, request, result);
            }
        }
        let Some((stuck, after)) = unread.split_first() else { return };
        children_left -= 1;
        let (failed, after) =
            if children_left == 0 { (unread, &[][..]) } else { (std::slice::from_ref(stuck), after) };
        for request in failed {
            if let Some(pf) = pfs.get_mut(&request.pf) {
                give(pf, request, WasRead::Failed(why.clone()));
            }
        }
        rest = after;
    }
}

fn requests_of(roots: &Roots, address: &DeviceAddress, pf: &PfFacts) -> Vec<Request> {
    let mode = Request { pf: address.clone(), vf: None, read: Read::EswitchMode(address.to_string()) };
    let overrides = pf.vfs.iter().filter_map(|(index, vf)| {
        let path = roots.function(vf.pci?).join("driver_override");
        Some(Request { pf: address.clone(), vf: Some(*index), read: Read::FirstLine(path) })
    });
    let ports = Request { pf: address.clone(), vf: None, read: Read::Representors(address.to_string()) };
    [mode, ports].into_iter().chain(overrides).collect()
}

/// Puts what was read into the facts.
fn give(pf: &mut PfFacts, request: &Request, result: WasRead) {
    match (request.vf, result) {
        (_, WasRead::Absent) => {}
        (None, WasRead::Text(text)) if matches!(request.read, Read::Representors(_)) => {
            for (vf, name) in text.split(' ').filter_map(|word| word.split_once('=')) {
                if let Some(vf) = vf.parse().ok().and_then(|vf| pf.vfs.get_mut(&VfIndex(vf))) {
                    vf.representor = name.parse().ok();
                }
            }
        }
        (None, WasRead::Text(mode)) => pf.properties.note(Property::EswitchMode, ClaimValue::Name(mode)),
        (None, WasRead::Failed(why)) if matches!(request.read, Read::Representors(_)) => {
            pf.unread.push(format!("representors: {why}"));
        }
        (None, WasRead::Failed(why)) => {
            pf.unread.push(format!("mode of the embedded switch: {why}"));
            pf.properties.note_unread(Property::EswitchMode, why);
        }
        (Some(index), WasRead::Text(text)) => {
            if let Some(vf) = pf.vfs.get_mut(&index) {
                // The kernel prints "(null)" where there is none.
                vf.driver_override = text.parse().ok().filter(|_| text != "(null)");
            }
        }
        (Some(index), WasRead::Failed(why)) => {
            pf.unread.push(format!("driver_override of VF {index}: {why}"));
            if let Some(vf) = pf.vfs.get_mut(&index) {
                vf.driver_override_unread = true;
            }
        }
    }
}
