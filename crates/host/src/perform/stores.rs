//! Writes into sysfs, in a child that can be left behind, and what is checked before and after them.

use std::time::Duration;

use nix::errno::Errno;
use vfctl_model::DriverName;
use vfctl_port::Outcome;

use super::work::{Binds, Stores};
use crate::child::{Returned, Store, Stored};
use crate::errno::{io_cause, own_refusal, refusal};
use crate::host::LinuxHost;
use crate::roots::Roots;
use crate::sysfs::files::link_name;
use crate::users::VfioWatch;

impl LinuxHost {
    /// Does the writes; `watch` knows who has which function open. Those that would block in the kernel without end, with
    /// the PF locked, are not begun: looked at here and not in the plan alone, since nothing could take such a write
    /// back.
    pub(super) fn write(&self, stores: &Stores, watch: &VfioWatch<'_>, limit: Duration) -> Outcome {
        let Stores { stores, releases, binds } = stores;
        if let Some(why) = watch.obstacle(releases) {
            return Outcome::Refused(own_refusal(why));
        }
        let outcome = self.write_all(stores, limit);
        match binds {
            Some(binds) => checked_holder(&self.roots, outcome, binds),
            None => outcome,
        }
    }

    /// Writes in order in a child; the first that is refused is the outcome.
    fn write_all(&self, stores: &[Store], limit: Duration) -> Outcome {
        let (results, left) = match self.children.store(stores, limit) {
            Ok(Returned::Whole(results)) => (results, None),
            Ok(Returned::Left { results, pid }) => {
                let hung = stores.get(results.len()).map(|store| store.path.display().to_string());
                let why = format!(
                    "after {} s pid {pid} is blocked in the kernel, writing {}",
                    limit.as_secs(),
                    hung.unwrap_or_default()
                );
                (results, Some(why))
            }
            Ok(Returned::Dead(results)) => (results, Some("the child that writes died".to_owned())),
            Err(error) => {
                return Outcome::Refused(own_refusal(format!(
                    "start a child to write: {}",
                    io_cause(&error)
                )));
            }
        };
        let unclear = stores.iter().zip(&results).find_map(|(store, result)| match result {
            Stored::Unclear(said) => {
                Some(format!("the child that writes {} said `{said}`", store.path.display()))
            }
            Stored::Done | Stored::Failed(_) | Stored::Skipped => None,
        });
        let left = left.or(unclear);
        let failed = stores.iter().zip(&results).find_map(|(store, result)| match result {
            Stored::Failed(errno) => Some((store, errno)),
            Stored::Done | Stored::Skipped | Stored::Unclear(_) => None,
        });
        match (failed, left) {
            (_, Some(why)) => Outcome::Unknown(why),
            (Some((store, Some(errno))), None) => {
                Outcome::Refused(refusal(Errno::from_raw(*errno), detail_of(store, *errno)))
            }
            (Some((store, None)), None) => {
                Outcome::Refused(own_refusal(format!("{} was not written whole", store.path.display())))
            }
            (None, None) => Outcome::Done,
        }
    }
}

/// Returns the outcome of writes after a look at the function's driver: the kernel reports success also where no driver
/// wants the function or may have it (seen on Linux 6.12 with `sriov_drivers_autoprobe` 0), so the link tells.
fn checked_holder(roots: &Roots, outcome: Outcome, binds: &Binds) -> Outcome {
    let Binds { function, driver } = binds;
    let holder: Option<DriverName> = link_name(&roots.function(*function).join("driver"));
    let refused = |why: String| Outcome::Refused(own_refusal(why));
    match (outcome, holder, driver) {
        (Outcome::Done, None, None) => refused(format!("the kernel found no driver for {function}")),
        (Outcome::Done, None, Some(_)) => {
            refused(format!("the kernel reported success and bound {function} to no driver"))
        }
        (Outcome::Done, Some(holder), Some(driver)) if holder != *driver => {
            refused(format!("the kernel gave {function} to {holder} instead"))
        }
        // The driver's module was loaded just now, and it took what it is for.
        (Outcome::Refused(error), Some(holder), Some(driver))
            if holder == *driver && error.errno == Some(Errno::EBUSY as i32) =>
        {
            Outcome::Done
        }
        (outcome, _, _) => outcome,
    }
}

/// Says where the file itself is missing, which has the same number as a PF without driver.
fn detail_of(store: &Store, errno: i32) -> Option<String> {
    let missing = errno == Errno::ENOENT as i32 && !store.path.exists();
    missing.then(|| format!("there is no {}", store.path.display()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    /// Returns the outcome of writes that ended so, where the function has this driver now and was to get this one.
    fn checked(outcome: Outcome, now: Option<&str>, wanted: Option<&str>) -> Result<(), String> {
        let folder = tempfile::tempdir().expect("a folder");
        let roots = Roots::under(folder.path());
        let function = "0000:01:10.0".parse().expect("an address");
        fs::create_dir_all(roots.function(function)).expect("a folder");
        if let Some(driver) = now {
            let link = roots.function(function).join("driver");
            symlink(format!("../../drivers/{driver}"), link).expect("a link");
        }
        let driver = wanted.map(|driver| driver.parse().expect("a driver"));
        match checked_holder(&roots, outcome, &Binds { function, driver }) {
            Outcome::Done => Ok(()),
            Outcome::Refused(error) => Err(error.to_string()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn bind_is_done_where_the_function_has_the_driver_and_only_there() {
        let busy = || Outcome::Refused(refusal(Errno::EBUSY, None));
        let absent = || Outcome::Refused(refusal(Errno::ENODEV, None));
        let (vfio, igbvf) = (Some("vfio-pci"), Some("igbvf"));
        assert_eq!(checked(Outcome::Done, vfio, vfio), Ok(()));
        assert_eq!(checked(Outcome::Done, igbvf, None), Ok(()));
        // The driver took the function by itself when its module was loaded.
        assert_eq!(checked(busy(), vfio, vfio), Ok(()));
        for (outcome, now, wanted, why) in [
            (Outcome::Done, igbvf, vfio, "the kernel gave 0000:01:10.0 to igbvf instead"),
            (Outcome::Done, None, vfio, "the kernel reported success and bound 0000:01:10.0 to no driver"),
            (Outcome::Done, None, None, "the kernel found no driver for 0000:01:10.0"),
            (busy(), igbvf, vfio, "EBUSY: device or resource busy"),
            (busy(), igbvf, None, "EBUSY: device or resource busy"),
            (absent(), vfio, vfio, "ENODEV: no such device"),
        ] {
            assert_eq!(checked(outcome, now, wanted), Err(why.to_owned()), "{now:?} {wanted:?}");
        }
    }
}
