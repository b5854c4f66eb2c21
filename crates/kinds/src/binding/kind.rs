//! The field `driver` of VF settings.

use vfctl_model::VfIndex;
use vfctl_port::{PfFacts, Property, VfFacts};

use super::diff;
use super::fate::is_default;
use super::spec::DriverChoice;
use crate::context::{PfContext, PfDiff};
use crate::kind::VfKind;

/// The driver of a VF.
#[derive(Debug)]
pub struct VfDriver;

impl VfKind for VfDriver {
    type Spec = DriverChoice;
    type Desired = DriverChoice;

    fn resolve(spec: &DriverChoice) -> DriverChoice {
        spec.clone()
    }

    fn diff(context: &PfContext<'_>, diff: &mut PfDiff) {
        diff::diff(context, diff);
    }

    /// Returns the driver as it is: the kernel's choice, too, since another may be bound by the time that the document
    /// is applied.
    fn live(pf: &PfFacts, vf: &VfFacts) -> Option<DriverChoice> {
        let default = pf.vf_default_driver.as_ref();
        match &vf.driver {
            Some(driver) if default == Some(driver) => Some(DriverChoice::Default),
            // What the kernel chooses could not be read.
            Some(driver) if pf.vf_default_driver_unread && !driver.is_vfio() => None,
            Some(driver) => Some(DriverChoice::Named(driver.clone())),
            None if default.is_some() => Some(DriverChoice::None),
            None => None,
        }
    }

    /// Returns a driver of its own, or none, and an override, that will not be given again.
    fn lost(context: &PfContext<'_>, index: VfIndex, vf: &VfFacts) -> Vec<String> {
        let is_named = context.desired.vfs.get(&index).is_some_and(|wanted| wanted.driver.is_some());
        let gets_driver = context.fate(index).is_some_and(|fate| fate.gets_driver);
        let driver = match &vf.driver {
            _ if is_named || context.desired.address.pci().is_none() => None,
            Some(driver) if !is_default(context, driver) => Some(format!("driver {driver}")),
            None if gets_driver => Some("driver none".to_owned()),
            Some(_) | None => None,
        };
        let over = vf.driver_override.as_ref().map(|driver| format!("driver_override {driver}"));
        driver.into_iter().chain(over).collect()
    }

    fn explain(desired: &DriverChoice) -> (Property, String) {
        (Property::Driver, desired.to_string())
    }
}
