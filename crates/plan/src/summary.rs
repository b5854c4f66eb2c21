//! A step's changes in few lines: equal changes of many VFs are one, and so are addresses of their own.

use std::collections::BTreeMap;

use vfctl_kinds::change::Change;
use vfctl_kinds::change_value::ChangeValue;
use vfctl_kinds::step::Step;
use vfctl_model::VfSet;
use vfctl_port::Thing;

use crate::object_text;
use crate::rows::Detail;
use crate::text_hash::Hasher;

/// How many different changes are shown line by line before they are summed up.
const SHOWN: usize = 8;

/// How many VFs with a value of their own each are shown line by line, where all begin alike.
const SHOWN_OF_A_KIND: usize = 2;

/// How many characters of a set of VFs are shown.
const WIDEST_SET: usize = 40;

/// VFs that change in the same way.
struct Group {
    from: String,
    to: String,
    members: VfSet,
}

/// Returns the lines; `exact` is given all of the changes, also what the lines leave out.
pub(crate) fn changes(step: &Step, detail: Detail, exact: &mut Hasher) -> Vec<String> {
    if step.changes.iter().any(|change| change.op.target.object().is_some()) {
        let lines = |detail| step.changes.iter().flat_map(move |change| object_text::changes(change, detail));
        lines(Detail::Verbose).for_each(|line| exact.add(&line));
        return lines(detail).collect();
    }
    let groups = groups(step);
    groups.iter().for_each(|group| exact.add(&group.whole(step)));
    let all: VfSet = step.changes.iter().filter_map(Change::vf).collect();
    let begin_alike = groups.windows(2).all(|pair| matches!(pair, [a, b] if a.from == b.from));
    let own_value_each = groups.len() == all.len();
    let ends = groups.first().zip(groups.last());
    match ends {
        Some((first, last)) if groups.len() > SHOWN_OF_A_KIND && begin_alike && own_value_each => {
            let from = &first.from;
            let count = groups.len();
            vec![format!("{} {from} -> {} … {}  ({count} different)", subject(step, &all), first.to, last.to)]
        }
        Some((first, _)) if groups.len() > SHOWN && groups.iter().all(|group| group.to == first.to) => {
            vec![format!("{} ({} different) -> {}", subject(step, &all), groups.len(), first.to)]
        }
        Some((first, last)) if groups.len() > SHOWN => {
            let count = groups.len();
            vec![format!("{} {count} different changes, to {} … {}", subject(step, &all), first.to, last.to)]
        }
        _ => groups.iter().map(|group| group.line(step)).collect(),
    }
}

/// Returns the groups in the order in which they first come.
fn groups(step: &Step) -> Vec<Group> {
    let mut places: BTreeMap<(Option<&ChangeValue>, &ChangeValue), usize> = BTreeMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for change in &step.changes {
        let place = *places.entry((change.from.as_ref(), &change.to)).or_insert(groups.len());
        if place == groups.len() {
            let (from, to) = (change.shown_from(), change.shown_to());
            groups.push(Group { from, to, members: VfSet::default() });
        }
        if let (Some(group), Some(vf)) = (groups.get_mut(place), change.vf()) {
            group.members.insert(vf);
        }
    }
    groups
}

impl Group {
    fn line(&self, step: &Step) -> String {
        let Self { from, to, members } = self;
        format!("{} {from} -> {to}", subject(step, members))
    }

    /// Returns the line with every VF.
    fn whole(&self, step: &Step) -> String {
        let Self { from, to, members } = self;
        format!("{}: {members}: {from} -> {to}", step.property)
    }
}

/// Returns which property of which VFs a line speaks of, in the words of the spec.
fn subject(step: &Step, members: &VfSet) -> String {
    let modules: Vec<String> = step.changes.iter().filter_map(module).collect();
    let word = match modules.as_slice() {
        [] => step.property.to_string(),
        modules => format!("module {}", modules.join(", ")),
    };
    if members.is_empty() { format!("{word}:") } else { format!("vf {}: {word}:", shown(members)) }
}

/// Returns a set of VFs for people: one of many holes is shown by its begin, its end and its size.
fn shown(members: &VfSet) -> String {
    let whole = members.to_string();
    if whole.len() <= WIDEST_SET {
        return whole;
    }
    let cut = whole.get(..WIDEST_SET).and_then(|begin| begin.rfind(','));
    let (begin, end) = (cut.and_then(|cut| whole.get(..cut)), whole.rsplit([',', '-']).next());
    match (begin, end) {
        (Some(begin), Some(end)) => format!("{begin} … {end} ({} VFs)", members.len()),
        _ => whole,
    }
}

/// Returns the module that a change is about.
fn module(change: &Change) -> Option<String> {
    match change.op.target.thing() {
        Thing::Module(module) => Some(module.to_string()),
        Thing::System | Thing::Pf(_) | Thing::Vf(..) | Thing::Object(_) | Thing::Resource(..) => None,
    }
}

#[cfg(test)]
mod tests {
    use vfctl_model::VfIndex;

    use super::*;

    #[test]
    fn set_of_many_holes_is_shown_by_its_begin_its_end_and_its_size() {
        let every = |step: usize| (0..1024).step_by(step).map(VfIndex).collect::<VfSet>();
        assert_eq!(shown(&every(1)), "0-1023");
        assert_eq!(shown(&every(3)), "0,3,6,9,12,15,18,21,24,27,30,33,36,39 … 1023 (342 VFs)");
        assert_eq!(shown(&"0-3,7,9-12".parse().unwrap_or_default()), "0-3,7,9-12");
    }
}
