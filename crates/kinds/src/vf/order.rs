//! In which order one attribute is written to several VFs: what one of them holds may stand in another's way.

use std::collections::BTreeMap;

use vfctl_model::{MacAddress, RateLimits, VfAttribute, VfValue};
use vfctl_port::{Action, Op};

use crate::change::Change;
use crate::context::PfContext;

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
    let order = order_of(changes.len(), holder_of);
    let mut left: Vec<Option<Change>> = std::mem::take(changes).into_iter().map(Some).collect();
    changes.extend(order.into_iter().filter_map(|position| left.get_mut(position)?.take()));
}

/// Returns the positions up to `count`, each after the one that `before` names for it; looks at each once.
fn order_of(count: usize, before: impl Fn(usize) -> Option<usize>) -> Vec<usize> {
    let mut seen = vec![false; count];
    let mut see = |position: usize| seen.get_mut(position).is_some_and(|seen| !std::mem::replace(seen, true));
    let mut order = Vec::with_capacity(count);
    for first in 0..count {
        // Those that must come before, each after the next: as far as they have no place yet, and are no ring.
        let mut next = Some(first).filter(|first| see(*first));
        let begun = order.len();
        while let Some(position) = next {
            order.push(position);
            next = before(position).filter(|holder| see(*holder));
        }
        if let Some(chain) = order.get_mut(begun..) {
            chain.reverse();
        }
    }
    order
}

/// Returns the value that an op writes.
fn written(op: &Op) -> Option<VfValue> {
    match &op.action {
        Action::SetVfAttribute(setting) => Some(setting.value()),
        _ => None,
    }
}

/// Returns whether an op gives a VF a guaranteed rate.
pub(super) fn guarantees(op: &Op) -> bool {
    guarantee(written(op)) > 0
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_comes_after_what_stands_in_its_way_and_of_a_ring_one_is_first() {
        let ordered =
            |before: &[Option<usize>]| order_of(before.len(), |at| before.get(at).copied().flatten());
        assert_eq!(ordered(&[None, None]), [0, 1]);
        assert_eq!(ordered(&[Some(1), Some(2), None]), [2, 1, 0]);
        assert_eq!(ordered(&[None, Some(3), None, None, Some(1)]), [0, 3, 1, 2, 4]);
        assert_eq!(ordered(&[Some(1), Some(0), None]), [1, 0, 2]);
        // Every VF takes the address of the next: each is looked at once, however long the chain.
        let count = 65_535;
        let shifted = order_of(count, |at| Some(at + 1).filter(|next| *next < count));
        assert_eq!(shifted, (0..count).rev().collect::<Vec<_>>());
    }
}
