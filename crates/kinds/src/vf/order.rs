//! In which order one attribute is written to several VFs: what one of them holds may stand in another's way.

use std::collections::BTreeMap;

use vfctl_model::{MacAddress, RateLimits, VfAttribute, VfValue};
use vfctl_port::{Action, Op};

use crate::context::PfContext;
use crate::step::Change;

/// Orders the changes of one attribute: an address is released before another VF takes it, and guaranteed rates are lowered
/// before others are raised.
pub(super) fn order(context: &PfContext<'_>, attribute: VfAttribute, changes: &mut Vec<Change>) {
    match attribute {
        VfAttribute::MacAddress => release_first(context, changes),
        VfAttribute::Rate => {
            changes.sort_by_key(|change| guarantee(written(&change.op)) > guarantee(held(context, change)));
        }
        _ => {}
    }
}

/// Puts each change after that of the VF which holds the address now. Where they form a ring, one of it stays first.
fn release_first(context: &PfContext<'_>, changes: &mut Vec<Change>) {
    let holders: BTreeMap<MacAddress, usize> = changes
        .iter()
        .enumerate()
        .filter_map(|(position, change)| Some((mac(held(context, change))?, position)))
        .collect();
    let holder_of = |position: usize| {
        let wanted = mac(written(&changes.get(position)?.op))?;
        holders.get(&wanted).copied().filter(|holder| *holder != position)
    };
    if (0..changes.len()).all(|position| holder_of(position).is_none()) {
        return;
    }
    let mut places: Vec<Option<usize>> = vec![None; changes.len()];
    let mut placed = 0;
    for first in 0..changes.len() {
        // Those that must come before, each after the next.
        let mut chain = vec![first];
        while let Some(holder) = chain.last().and_then(|last| holder_of(*last))
            && !chain.contains(&holder)
        {
            chain.push(holder);
        }
        for position in chain.into_iter().rev() {
            if let Some(place @ None) = places.get_mut(position) {
                *place = Some(placed);
                placed += 1;
            }
        }
    }
    let mut ordered: Vec<_> = places.into_iter().zip(std::mem::take(changes)).collect();
    ordered.sort_by_key(|(place, _)| *place);
    changes.extend(ordered.into_iter().map(|(_, change)| change));
}

/// Returns the value that an op writes.
fn written(op: &Op) -> Option<VfValue> {
    match &op.action {
        Action::SetVfAttribute(setting) => Some(setting.value()),
        _ => None,
    }
}

/// Returns the value that the VF of a change holds now.
fn held(context: &PfContext<'_>, change: &Change) -> Option<VfValue> {
    let Action::SetVfAttribute(setting) = &change.op.action else { return None };
    context.known(change.vf()?, setting.attribute())
}

fn mac(value: Option<VfValue>) -> Option<MacAddress> {
    match value? {
        VfValue::Mac(mac) => Some(mac).filter(|mac| *mac != MacAddress::ZERO),
        VfValue::Vlan(_) | VfValue::Rate(_) | VfValue::Toggle(_) | VfValue::LinkState(_) => None,
    }
}

fn guarantee(value: Option<VfValue>) -> u32 {
    match value {
        Some(VfValue::Rate(RateLimits { min, max: _ })) => min.0,
        _ => 0,
    }
}
