//! The mode of a PF's embedded switch, as devlink sets it.

use vfctl_model::{DeviceAddress, Toggle};
use vfctl_port::PfFacts;

use crate::errno::Errno;
use crate::stop::Stop;
use crate::world::{HiddenPf, SimWorld};

/// Puts the embedded switch into switchdev mode, or back into legacy mode.
pub(crate) fn set(world: &mut SimWorld, pf: &DeviceAddress, switchdev: Toggle) -> Result<(), Stop> {
    let (facts, hidden, row) = world.pf_mut(pf)?;
    if row.eswitch.is_none() {
        return Err(Errno::EOPNOTSUPP.into());
    }
    switch(facts, hidden, switchdev);
    Ok(())
}

/// Notes the mode, and shows it where facts show one.
pub(crate) fn switch(facts: &mut PfFacts, hidden: &mut HiddenPf, switchdev: Toggle) {
    hidden.switchdev = switchdev;
    if let Some(mode) = &mut facts.eswitch_mode {
        *mode = match switchdev {
            Toggle::On => "switchdev".to_owned(),
            Toggle::Off => "legacy".to_owned(),
        };
    }
}
