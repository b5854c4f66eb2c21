//! Hosts with equal plans: what is said of one is true of all. Of each group only the plan's hash and the hosts' names are
//! kept, however many groups there are.

use std::collections::BTreeMap;

use vfctl_model::HostName;

use crate::rows::ScopeRows;
use crate::text_hash::{Hasher, TextHash};

/// Hosts by their plans.
#[derive(Debug, Default)]
pub struct Groups {
    places: BTreeMap<TextHash, usize>,
    groups: Vec<Group>,
}

/// Hosts with equal plans, in the order in which they came.
#[derive(Debug)]
pub struct Group {
    first: HostName,
    others: Vec<HostName>,
}

impl Groups {
    /// Adds a host; returns whether it is the first with this plan.
    pub fn add(&mut self, name: &HostName, rows: &ScopeRows) -> bool {
        let place = *self.places.entry(hash(rows)).or_insert(self.groups.len());
        match self.groups.get_mut(place) {
            Some(group) => group.others.push(name.clone()),
            None => self.groups.push(Group { first: name.clone(), others: Vec::new() }),
        }
        place + 1 == self.groups.len() && self.groups.last().is_some_and(|group| group.others.is_empty())
    }

    /// Returns the groups in the order in which their first hosts came.
    pub fn iter(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter()
    }
}

impl Group {
    /// Returns how many hosts it has.
    pub fn count(&self) -> usize {
        1 + self.others.len()
    }

    /// Returns what the group is called, before the name of its first host and that name: `37 hosts like `, `worker-1`. Of a
    /// single host the name is all.
    pub fn title(&self) -> (String, &HostName) {
        let words = match self.count() {
            1 => String::new(),
            count => format!("{count} hosts like "),
        };
        (words, &self.first)
    }

    /// Returns the names of the first hosts, and how many more there are.
    pub fn named(&self, most: usize) -> (Vec<&HostName>, usize) {
        let names = std::iter::once(&self.first).chain(&self.others);
        (names.take(most).collect(), self.count().saturating_sub(most))
    }
}

/// Returns a hash of what is said of a host, but for its name, and of its changes in full.
fn hash(ScopeRows { documents, rows, exact, summary: _ }: &ScopeRows) -> TextHash {
    let mut hasher = Hasher::new();
    hasher.add(documents);
    for row in rows {
        hasher.add(&row.text());
    }
    hasher.add_hash(*exact);
    hasher.end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::{Row, RowSort};
    use crate::scope_plan::ScopePlan;

    fn rows(contents: &[&str]) -> ScopeRows {
        let row = |content: &&str| Row { depth: 0, sort: RowSort::More, content: (*content).to_owned() };
        let rows = contents.iter().map(row).collect();
        let summary = ScopePlan::default().summary();
        ScopeRows { documents: "workers".to_owned(), rows, exact: TextHash::default(), summary }
    }

    #[test]
    fn hosts_with_equal_plans_are_one_group_under_the_name_of_the_first() {
        let mut groups = Groups::default();
        let plans = [("c", rows(&["x", "y"])), ("a", rows(&["xy"])), ("b", rows(&["x", "y"]))];
        let firsts: Vec<bool> =
            plans.iter().map(|(name, rows)| groups.add(&name.parse().expect("a name"), rows)).collect();
        assert_eq!(firsts, [true, true, false]);
        let titles: Vec<String> =
            groups.iter().map(Group::title).map(|(words, name)| format!("{words}{name}")).collect();
        assert_eq!(titles, ["2 hosts like c", "a"]);
        let named: Vec<(Vec<&str>, usize)> = groups
            .iter()
            .map(|group| group.named(1))
            .map(|(names, more)| (names.into_iter().map(HostName::as_str).collect(), more))
            .collect();
        assert_eq!(named, [(vec!["c"], 1), (vec!["a"], 0)]);
    }
}
