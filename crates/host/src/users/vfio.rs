//! Whether functions are open through vfio or vdpa right now: asked before a write that would block in the kernel,
//! with the PF locked, until they are closed (`vfio_unregister_group_dev`, drivers/vfio/vfio_main.c;
//! `vhost_vdpa_remove`, drivers/vhost/vdpa.c).
//!
//! Open files tell who it is. Where some of them cannot be seen, or do not say which device they are, the kernel
//! is asked: a group can be opened once only, and a device that is open keeps its group open or closed to others
//! (`vfio_group_fops_open`, drivers/vfio/group.c). Not so for vdpa: to open its file resets the device.

use std::cell::RefCell;
use std::path::PathBuf;
use std::time::Duration;

use vfctl_model::{DriverName, PciAddress};

use super::open_files::{OpenFiles, has_vdpa_files};
use crate::child::{Children, HELD, Read, Returned, WasRead};
use crate::errno::io_cause;
use crate::processes::Processes;
use crate::roots::Roots;
use crate::sysfs::files::link_name;

/// How long the kernel may take to open groups; it waits only while a device of theirs is being opened.
const LIMIT: Duration = Duration::from_secs(2);

/// How a refusal ends.
const WAITS: &str = "the kernel would block until it is closed";

/// A look at who has what open through vfio. Processes are looked through once, when first asked; the kernel is
/// asked each time, so that what is opened meanwhile is seen as well. Where it cannot be asked, as with iommufd alone,
/// or says that something is open, processes are looked through again.
#[derive(Debug)]
pub(crate) struct VfioWatch<'a> {
    roots: &'a Roots,
    children: &'a Children,
    open: RefCell<Option<OpenFiles>>,
}

/// How to find out from the kernel whether a function is open.
enum OpenTest {
    /// By opening this file.
    File(PathBuf),
    /// There is no way to; the text says why.
    Impossible(String),
}

/// Whether a function is open, as far as the kernel can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Openness {
    Closed,
    /// It is open, or being opened; the text says how that shows.
    Open(String),
    /// It could not be asked; the text says why.
    Unclear(String),
}

impl<'a> VfioWatch<'a> {
    /// Returns the watch; nothing is looked at yet.
    pub(crate) fn new(roots: &'a Roots, children: &'a Children) -> Self {
        Self { roots, children, open: RefCell::default() }
    }

    /// Returns why a write that takes these functions from their drivers, or removes them, must not be begun;
    /// `None` where no vfio device of theirs is open.
    pub(crate) fn obstacle(&self, functions: &[PciAddress]) -> Option<String> {
        let functions: Vec<PciAddress> =
            functions.iter().copied().filter(|function| self.may_be_open(*function)).collect();
        if functions.is_empty() {
            return None;
        }
        let openness = self.ask_kernel(&functions);
        let must_look = openness.iter().any(|(_, openness)| *openness != Openness::Closed);
        let mut open = self.open.borrow_mut();
        let open = match open.as_mut().filter(|_| !must_look) {
            Some(open) => open,
            None => open.insert(OpenFiles::search(self.roots, &Processes::list(self.roots))),
        };
        let holders: Vec<(PciAddress, String)> = functions
            .iter()
            .flat_map(|function| {
                let of_vfio = open.vfio_holders(self.roots, *function, self.group(*function).as_deref());
                let of_vdpa = open.vdpa_holders(self.roots, *function).into_iter().map(|(_, holder)| holder);
                of_vfio.into_iter().chain(of_vdpa).map(|holder| (*function, holder))
            })
            .collect();
        if let Some((function, holder)) = holders.first() {
            let more = match holders.len() {
                1 => String::new(),
                count => format!(", and {} more", count - 1),
            };
            let way = self.way(*function);
            return Some(format!("{holder} has the {way} device of {function} open{more}; {WAITS}"));
        }
        let unseen = open.unseen();
        openness.into_iter().find_map(|(function, openness)| match (openness, &unseen) {
            (Openness::Closed, _) | (Openness::Unclear(_), None) => None,
            (Openness::Open(sign), _) => Some(format!("the vfio device of {function} is open: {sign}; {WAITS}")),
            (Openness::Unclear(why), Some(unseen)) => Some(format!(
                "it is not known whether the {} device of {function} is open ({unseen}; {why}); if it is, {WAITS}",
                self.way(function)
            )),
        })
    }

    /// Returns the word for the way in which a function can be open.
    fn way(&self, function: PciAddress) -> &'static str {
        if has_vdpa_files(self.roots, function) { "vdpa" } else { "vfio" }
    }

    /// Returns whether a function may be open through vfio or vdpa: one without driver, too, since the kernel shows none
    /// any more while an unbind waits for its user (`driver_sysfs_remove`, drivers/base/dd.c).
    fn may_be_open(&self, function: PciAddress) -> bool {
        self.driver(function).is_none_or(|driver| driver.is_vfio()) || has_vdpa_files(self.roots, function)
    }

    fn driver(&self, function: PciAddress) -> Option<DriverName> {
        link_name(&self.roots.function(function).join("driver"))
    }

    fn group(&self, function: PciAddress) -> Option<String> {
        link_name(&self.roots.function(function).join("iommu_group"))
    }

    /// Asks the kernel, in a child, which of these functions are open; those that cannot be are left out.
    fn ask_kernel(&self, functions: &[PciAddress]) -> Vec<(PciAddress, Openness)> {
        let mut found = Vec::new();
        let mut asked = Vec::new();
        for function in functions {
            match self.open_test(*function) {
                Some(OpenTest::File(file)) => asked.push((*function, file)),
                Some(OpenTest::Impossible(why)) => found.push((*function, Openness::Unclear(why))),
                None => {}
            }
        }
        if asked.is_empty() {
            return found;
        }
        let reads: Vec<Read> = asked.iter().map(|(_, file)| Read::Opens(file.clone())).collect();
        let unclear = |why: &str| Openness::Unclear(why.to_owned());
        let (results, rest) = match self.children.read(&reads, LIMIT) {
            Ok(Returned::Whole(results)) => (results, unclear("no answer")),
            // The group is locked while a device of it is being opened (`vfio_device_group_open`).
            Ok(Returned::Left { results, pid }) => {
                (results, Openness::Open(format!("the kernel keeps pid {pid} waiting for its group")))
            }
            Ok(Returned::Dead(results)) => (results, unclear("the child that opens its group died")),
            Err(error) => (Vec::new(), unclear(&format!("no child could be started: {}", io_cause(&error)))),
        };
        let mut results = results.into_iter();
        for (function, file) in asked {
            let openness = match results.next() {
                Some(result) => Openness::of(result, &file.display().to_string()),
                None => rest.clone(),
            };
            found.push((function, openness));
        }
        found
    }

    /// Returns how to find out whether a function is open; `None` where it cannot be, since no group of vfio has
    /// it and no vfio device belongs to it.
    fn open_test(&self, function: PciAddress) -> Option<OpenTest> {
        if has_vdpa_files(self.roots, function) {
            return Some(OpenTest::Impossible("to open its vdpa file would reset it".to_owned()));
        }
        // `vfio_create_group` names groups so, in drivers/vfio/group.c.
        let names =
            self.group(function).into_iter().flat_map(|group| [group.clone(), format!("noiommu-{group}")]);
        let class = self.roots.path("/sys/class/vfio");
        match names.into_iter().find(|name| class.join(name).exists()) {
            Some(name) => Some(OpenTest::File(self.roots.path("/dev/vfio").join(name))),
            None if self.driver(function).is_some()
                || self.roots.function(function).join("vfio-dev").is_dir() =>
            {
                Some(OpenTest::Impossible("it has no vfio group that could be opened".to_owned()))
            }
            None => None,
        }
    }
}

impl Openness {
    /// Returns what the opening of this file says.
    fn of(result: WasRead, file: &str) -> Self {
        match result {
            WasRead::Text(text) if text == HELD => {
                Self::Open(format!("a process that is not visible here has {file} open"))
            }
            WasRead::Text(_) => Self::Closed,
            WasRead::Absent => Self::Unclear(format!("there is no {file}")),
            WasRead::Failed(why) => Self::Unclear(format!("open {file}: {why}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn group_that_is_held_is_open_and_every_failure_leaves_it_unclear() {
        let openness = |result| Openness::of(result, "/dev/vfio/15");
        let held = Openness::Open("a process that is not visible here has /dev/vfio/15 open".to_owned());
        assert_eq!(openness(WasRead::Text(HELD.to_owned())), held);
        assert_eq!(openness(WasRead::Text(String::new())), Openness::Closed);
        assert_eq!(openness(WasRead::Absent), Openness::Unclear("there is no /dev/vfio/15".to_owned()));
        let refused = WasRead::Failed("EPERM: operation not permitted".to_owned());
        let why = "open /dev/vfio/15: EPERM: operation not permitted";
        assert_eq!(openness(refused), Openness::Unclear(why.to_owned()));
    }

    #[test]
    fn what_is_opened_meanwhile_is_seen_where_the_kernel_cannot_be_asked() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("a file");
        };
        let link = |path: &str, target: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            symlink(target, path).expect("a link");
        };
        file("proc/1/comm", "init\n");
        fs::create_dir_all(folder.path().join("proc/1/fd")).expect("a folder");
        link("sys/bus/pci/devices/0000:01:10.2/driver", "../../drivers/vfio-pci");
        link("sys/bus/pci/devices/0000:01:10.2/iommu_group", "../../../../kernel/iommu_groups/15");
        let (roots, children) =
            (Roots::under(folder.path()), Children::new("/nowhere".into(), Default::default()));
        let function = ["0000:01:10.2".parse().expect("an address")];
        let watch = VfioWatch::new(&roots, &children);
        assert_eq!(watch.obstacle(&function), None);

        file("proc/42/comm", "qemu\n");
        link("proc/42/fd/3", "/dev/vfio/15");
        let why = watch.obstacle(&function);
        assert!(why.is_some_and(|why| why.starts_with("pid 42 (qemu) has the vfio device of 0000:01:10.2")));
    }
}
