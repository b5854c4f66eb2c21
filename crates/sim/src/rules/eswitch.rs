//! The mode of a PF's embedded switch, as devlink sets it, and the representors that come and go with it.

use vfctl_model::{DeviceAddress, EswitchInlineMode, EswitchMode, EswitchSetting, Toggle};
use vfctl_port::{Action, ClaimValue, Property};

use super::upper;
use crate::drivers::EswitchRules;
use crate::errno::Errno;
use crate::naming;
use crate::stop::Stop;
use crate::world::SimWorld;

/// Sets something on the embedded switch.
pub(crate) fn set(world: &mut SimWorld, pf: &DeviceAddress, setting: EswitchSetting) -> Result<(), Stop> {
    if world.pf(pf)?.1.stuck.is_some() {
        return Err(Stop::Hangs);
    }
    match setting {
        EswitchSetting::Mode(mode) => set_mode(world, pf, mode),
        EswitchSetting::InlineMode(_) | EswitchSetting::EncapMode(_) => set_other(world, pf, setting),
    }
}

fn set_mode(world: &mut SimWorld, pf: &DeviceAddress, mode: EswitchMode) -> Result<(), Stop> {
    let (facts, hidden, row) = world.pf(pf)?;
    let Some(EswitchRules { with_vfs, .. }) = row.eswitch else { return Err(Errno::EOPNOTSUPP.into()) };
    let is_so = (hidden.switchdev == Toggle::On) == (mode == EswitchMode::Switchdev);
    if let Some(errno) = with_vfs.filter(|_| !is_so && facts.vf_count > 0) {
        return Err(errno.into());
    }
    if !is_so && mode == EswitchMode::Switchdev {
        choose_inline_mode(world, pf)?;
    }
    switch(world, pf, mode)
}

/// Gives the switch the inline mode that its driver chooses for switchdev mode, where it has none (`esw_offloads_start`,
/// drivers/net/ethernet/mellanox/mlx5/core/eswitch_offloads.c).
fn choose_inline_mode(world: &mut SimWorld, pf: &DeviceAddress) -> Result<(), Stop> {
    let (facts, _, _) = world.pf_mut(pf)?;
    let none = EswitchInlineMode::None.to_string();
    if facts.properties.name(Property::EswitchInlineMode) == Some(none.as_str()) {
        let link = ClaimValue::Name(EswitchInlineMode::Link.to_string());
        facts.properties.note(Property::EswitchInlineMode, link);
    }
    Ok(())
}

/// Sets what a switch has that shows it, and no other (`devlink_nl_eswitch_set_doit`, net/devlink/dev.c).
fn set_other(world: &mut SimWorld, pf: &DeviceAddress, setting: EswitchSetting) -> Result<(), Stop> {
    let property = Action::SetEswitch(setting).changes();
    let (facts, _, _) = world.pf_mut(pf)?;
    facts.properties.value(property).ok_or(Errno::EOPNOTSUPP)?;
    facts.properties.note(property, ClaimValue::Name(setting.value()));
    Ok(())
}

/// Takes the switch back to legacy mode where it goes there with the last VF.
pub(crate) fn end_with_vfs(world: &mut SimWorld, pf: &DeviceAddress) -> Result<(), Stop> {
    match world.pf(pf)?.2.eswitch {
        Some(EswitchRules { ends_with_vfs: true, .. }) => switch(world, pf, EswitchMode::Legacy),
        Some(_) | None => represent(world, pf),
    }
}

/// Makes representors for VFs that have none in switchdev mode, and takes them away in legacy mode.
pub(crate) fn represent(world: &mut SimWorld, pf: &DeviceAddress) -> Result<(), Stop> {
    let (facts, hidden, _) = world.pf(pf)?;
    let is_switchdev = hidden.switchdev == Toggle::On;
    for index in facts.vfs.keys().copied().collect::<Vec<_>>() {
        if !is_switchdev && let Some(gone) = world.vf_mut(pf, index)?.0.representor.take() {
            upper::leave(world, &gone);
        }
        let name = is_switchdev.then(|| naming::representor(&world.facts)).flatten();
        if let Some(vf) = world.pf_mut(pf)?.0.vfs.get_mut(&index) {
            vf.representor = vf.representor.take().or(name);
        }
    }
    Ok(())
}

/// Notes the mode, and shows it where facts show one.
fn switch(world: &mut SimWorld, pf: &DeviceAddress, mode: EswitchMode) -> Result<(), Stop> {
    let (facts, hidden, _) = world.pf_mut(pf)?;
    hidden.switchdev = Toggle::from(mode == EswitchMode::Switchdev);
    if facts.properties.value(Property::EswitchMode).is_some() {
        facts.properties.note(Property::EswitchMode, ClaimValue::Name(mode.to_string()));
    }
    represent(world, pf)
}
