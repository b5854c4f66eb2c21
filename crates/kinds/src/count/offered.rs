//! Whether a port can be given so many VFs.

use vfctl_model::CountWay;
use vfctl_port::PfFacts;

use crate::obstacle::Obstacle;

/// What is wrong where it is not known how many VFs a device offers.
pub(super) const UNREAD_TOTAL: &str = "how many VFs the device offers could not be read";

/// What helps where it is not known how many VFs a device offers.
pub(super) const READ_TOTAL: &str = "run vfctl as root: the kernel shows it to no other user";

/// What to do about a device that offers no VFs.
pub(super) const SRIOV_OFF: &str = "turn SR-IOV on in the card's firmware and in the machine's, then reboot";

/// Returns how many VFs device and driver offer, for a port that is to have this many and has another number.
///
/// # Errors
/// What keeps the port from getting them.
pub(super) fn offered(facts: &PfFacts, count: u16) -> Result<u16, Obstacle> {
    if facts.driver.is_none() {
        let fix = "bind the PF to its driver first; without one the kernel cannot create VFs";
        return Err(Obstacle::new("the PF has no driver", fix));
    }
    not_as_asked(facts, count).map_or(Ok(()), Err)?;
    let total = facts.total_vfs.ok_or_else(|| Obstacle::new(UNREAD_TOTAL, READ_TOTAL))?;
    if total == 0 {
        return Err(Obstacle::new("device and driver offer no VFs", SRIOV_OFF));
    }
    if count > total {
        let fix = format!(
            "ask for at most {total}; some cards offer more after a change of their firmware settings"
        );
        let cause = format!("{count} VFs are more than the {total} that device and driver offer");
        return Err(Obstacle::new(cause, fix));
    }
    Ok(total)
}

/// Returns why the driver does not make as many VFs as a count that is written for the PF says, and what helps; `None` where
/// it does.
fn not_as_asked(facts: &PfFacts, count: u16) -> Option<Obstacle> {
    let row = facts.row();
    let driver = row.driver;
    match row.count {
        CountWay::AsAsked => None,
        CountWay::AllOrNone => {
            let total = facts.total_vfs.filter(|total| count > 0 && count < *total)?;
            let cause = format!("{driver} creates either all {total} VFs of the device or none");
            Some(Obstacle::new(cause, format!("ask for {total}, or for 0")))
        }
        CountWay::ByParameter(parameter) => {
            let cause =
                format!("{driver} creates its VFs when its module is loaded, by the parameter {parameter}");
            let fix = format!(
                "write `options {driver} {parameter}={count}` into a file of /etc/modprobe.d, and reload the module"
            );
            Some(Obstacle::new(cause, fix))
        }
        CountWay::ByCard => {
            let cause = format!(
                "{driver} creates its VFs when it binds to the card, as many as the card's settings say"
            );
            Some(Obstacle::new(cause, "set their number with the vendor's tool, then reboot"))
        }
        CountWay::Nothing => {
            let fix = "bind the PF to its own driver; where it has none, to pci-pf-stub, or to vfio-pci with enable_sriov=1";
            Some(Obstacle::new(format!("the PF's driver, {driver}, cannot create VFs"), fix))
        }
    }
}
