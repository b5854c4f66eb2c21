//! The rows of a plan, as many as there is room for: what blocks it and whom it disrupts is kept before all else.

use std::collections::BTreeSet;

use vfctl_plan::{Row, RowSort};

use crate::code::shortened;

/// The fewest characters that a row is cut to.
const LEAST: usize = 80;

/// The rows of a plan that are kept, in their order, and how many are not.
#[derive(Debug)]
pub(crate) struct KeptRows {
    rows: Vec<Row>,
    cut: Cut,
}

/// How many rows are not kept.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cut {
    /// Of those that say what blocks the plan, and what to do about it.
    pub(crate) errors: usize,
    /// Of those that say what is destroyed or disrupted.
    pub(crate) disruptions: usize,
    /// Of all others.
    pub(crate) others: usize,
}

/// How much a row is needed, the most needed first. A port is needed as much as what is said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    /// It says what blocks the plan.
    Error,
    /// It says more on that.
    OfError,
    /// It says what is destroyed or disrupted.
    Disruption,
    /// It says anything else.
    Other,
}

impl KeptRows {
    /// Returns all rows.
    pub(crate) fn all(mut rows: Vec<Row>) -> Self {
        rows.shrink_to_fit();
        Self { rows, cut: Cut::default() }
    }

    /// Returns the rows.
    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Returns how many are left out.
    pub(crate) fn cut(&self) -> Cut {
        self.cut
    }

    /// Returns how many characters the rows have.
    pub(crate) fn characters(&self) -> usize {
        self.rows.iter().map(length).sum()
    }

    /// Returns how many characters those have that are kept before all else.
    pub(crate) fn needed_characters(&self) -> usize {
        let rows = weights(&self.rows).into_iter().zip(&self.rows);
        rows.filter(|(weight, _)| *weight < Weight::Other).map(|(_, row)| length(row)).sum()
    }

    /// Returns the rows that say what blocks the plan, each port of such before them.
    pub(crate) fn errors(&self) -> Vec<&Row> {
        self.with_ports(&[Weight::Error, Weight::OfError])
    }

    /// Returns the rows that say what is destroyed or disrupted, each port of such before them.
    pub(crate) fn disruptions(&self) -> Vec<&Row> {
        self.with_ports(&[Weight::Disruption])
    }

    /// Returns the places of the rows, the most needed first and equal ones in their order.
    pub(crate) fn by_need(&self) -> Vec<(Weight, usize)> {
        let mut places: Vec<(Weight, usize)> = weights(&self.rows).into_iter().zip(0..).collect();
        places.sort_unstable();
        places
    }

    fn with_ports(&self, meant: &[Weight]) -> Vec<&Row> {
        let (mut found, mut port) = (Vec::new(), None);
        for (row, weight) in self.rows.iter().zip(weights(&self.rows)) {
            if row.sort == RowSort::Lane {
                port = Some(row);
            } else if meant.contains(&weight) {
                found.extend(port.take().filter(|port| is_within(row, port)));
                found.push(row);
            }
        }
        found
    }

    /// Leaves out what does not fit into so many characters, the least needed first. Of what is needed, no row takes more than
    /// a quarter then: a long one does not hide the others.
    pub(crate) fn cut_to(&mut self, most: usize) {
        if self.characters() <= most {
            return;
        }
        let (mut room, mut fitting) = (Some(most), BTreeSet::new());
        for (weight, place) in self.by_need() {
            let Some(row) = self.rows.get_mut(place) else { continue };
            if weight < Weight::Other {
                row.content = shortened(&row.content, LEAST.max(most / 4));
            }
            // What is needed less never stands in the place of what is needed more.
            room = room.and_then(|room| room.checked_sub(length(row)));
            match (room, weight) {
                (Some(_), _) => drop(fitting.insert(place)),
                (None, Weight::Error | Weight::OfError) => self.cut.errors += 1,
                (None, Weight::Disruption) => self.cut.disruptions += 1,
                (None, Weight::Other) => self.cut.others += 1,
            }
        }
        let rows = std::mem::take(&mut self.rows).into_iter().enumerate();
        self.rows = rows.filter(|(place, _)| fitting.contains(place)).map(|(_, row)| row).collect();
    }
}

impl Cut {
    /// Returns how many rows are left out.
    pub(crate) fn all(self) -> usize {
        let Self { errors, disruptions, others } = self;
        errors + disruptions + others
    }
}

fn length(row: &Row) -> usize {
    row.content.chars().count()
}

/// Returns whether a row is said of a port, and not of the host.
fn is_within(row: &Row, port: &Row) -> bool {
    row.depth > port.depth
}

/// Returns how much each row is needed.
fn weights(rows: &[Row]) -> Vec<Weight> {
    let mut weights: Vec<Weight> = Vec::with_capacity(rows.len());
    let (mut port, mut error): (Option<(usize, &Row)>, Option<&Row>) = (None, None);
    for (place, row) in rows.iter().enumerate() {
        let weight = match row.sort {
            RowSort::Error => Weight::Error,
            RowSort::More if error.is_some_and(|error| row.depth > error.depth) => Weight::OfError,
            RowSort::Disruption => Weight::Disruption,
            RowSort::Lane
            | RowSort::Phase
            | RowSort::Created
            | RowSort::Changed
            | RowSort::Removed
            | RowSort::Command
            | RowSort::Held
            | RowSort::Note
            | RowSort::More
            | RowSort::Summary => Weight::Other,
        };
        weights.push(weight);
        if row.sort == RowSort::Lane {
            port = Some((place, row));
        }
        if weight != Weight::OfError {
            error = (weight == Weight::Error).then_some(row);
        }
        let of_port = port.filter(|(_, port)| is_within(row, port));
        if let Some(of_port) = of_port.and_then(|(place, _)| weights.get_mut(place)) {
            *of_port = weight.min(*of_port);
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(depth: usize, sort: RowSort, content: &str) -> Row {
        Row { depth, sort, content: content.to_owned() }
    }

    /// Returns two ports with changes, of which the second disrupts somebody, and an error of the host.
    fn rows() -> Vec<Row> {
        let change = |number: usize| row(3, RowSort::Changed, &format!("change {number} {}", "x".repeat(80)));
        let first = (0..20).map(change);
        let mut rows = vec![row(1, RowSort::Lane, "eth0"), row(2, RowSort::Phase, "configure VFs")];
        rows.extend(first);
        rows.extend([
            row(1, RowSort::Lane, "eth1"),
            change(20),
            row(4, RowSort::Disruption, "disrupts vf 0"),
        ]);
        rows.extend([row(1, RowSort::Error, "no such PF"), row(2, RowSort::More, "fix: name another")]);
        rows.push(row(1, RowSort::Note, "a note"));
        rows
    }

    fn contents<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Vec<&'a str> {
        rows.into_iter().map(|row| row.content.get(..14).unwrap_or(&row.content).trim_end()).collect()
    }

    #[test]
    fn errors_and_the_disrupted_are_kept_before_all_else_and_the_rest_in_its_order() {
        let mut kept = KeptRows::all(rows());
        kept.cut_to(200);
        let shown = contents(kept.rows());
        let expected = [
            "eth0",
            "configure VFs",
            "change 0 xxxxx",
            "eth1",
            "disrupts vf 0",
            "no such PF",
            "fix: name anoth",
        ];
        assert_eq!(shown, expected.map(|text| text.get(..14).unwrap_or(text)));
        assert_eq!(contents(kept.disruptions()), ["eth1", "disrupts vf 0"]);
        assert_eq!(contents(kept.errors()), ["no such PF", "fix: name anot"], "it is not of eth1");
        let Cut { errors, disruptions, others } = kept.cut();
        assert_eq!((errors, disruptions, others), (0, 0, 21));
        // What was cut once is counted on.
        kept.cut_to(44);
        assert_eq!(contents(kept.rows()), ["eth1", "disrupts vf 0", "no such PF", "fix: name anot"]);
        kept.cut_to(12);
        assert_eq!((contents(kept.rows()), kept.cut().all()), (vec!["no such PF"], 27));
    }

    #[test]
    fn a_long_error_does_not_hide_the_next() {
        let long = "x".repeat(5_000);
        let errors = (0..3).map(|number| row(1, RowSort::Error, &format!("error {number} {long}")));
        let mut kept = KeptRows::all(errors.collect());
        kept.cut_to(1_000);
        assert_eq!((kept.rows().len(), kept.cut().all()), (3, 0));
        assert!(kept.characters() <= 1_000 && kept.rows().iter().all(|row| row.content.ends_with('…')));
    }
}
