//! What is reviewed: hosts by their plans, those first that destroy VFs or disrupt their users. Of many different plans only so
//! much is kept as a document has room for, and of each the errors and who is disrupted first.

use std::collections::BTreeMap;

use vfctl_model::HostName;
use vfctl_plan::{Group, Groups, Row, ScopeRows, Standing, Summary, Tally};

use crate::kept::{Cut, KeptRows};
use crate::picture::Picture;

/// How much of the plans is kept, in characters and pictures.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Of one plan.
    pub entry: usize,
    /// Of one plan at least, where there are so many that each is cut to make room for others.
    pub least: usize,
    /// Of all plans of one rank; of what blocks and disrupts as much again.
    pub rank: usize,
    /// How many pictures of hosts of one rank.
    pub pictures: usize,
}

/// The plans of hosts and of their cluster, for people who decide whether they are applied.
#[derive(Debug)]
pub struct Review {
    bounds: Bounds,
    groups: Groups,
    /// What is said of each group, in the order of the groups.
    said: Vec<Said>,
    cluster: Option<Said>,
    kept: BTreeMap<Rank, Kept>,
    tally: Tally,
    /// Whether planning itself failed.
    is_failed: bool,
    errors: Vec<String>,
    notes: Vec<String>,
}

/// How urgent a plan is, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// It destroys VFs or disrupts their users.
    Disrupts,
    /// An error blocks it.
    Blocked,
    /// There are changes.
    Changes,
    /// What differs is held by others.
    Held,
    /// There is nothing to do.
    Same,
    /// No document concerns it.
    NotConcerned,
}

/// What is said of a plan.
#[derive(Debug)]
struct Said {
    rank: Rank,
    documents: String,
    in_one_line: String,
    /// The rows before the last, as many as are kept.
    rows: KeptRows,
    /// The first host with this plan.
    picture: Option<Box<Picture>>,
}

/// How much of one rank is kept.
#[derive(Debug)]
struct Kept {
    /// How many characters each plan may have: fewer, the more plans there are.
    each: usize,
    characters: usize,
    pictures: usize,
}

/// The headings over what nobody is to miss of plans.
pub(crate) const DISRUPTS: &str = "Destroyed VFs and disrupted users";
pub(crate) const BLOCKED: &str = "Blocked plans";

/// The headings over what is said besides the plans.
pub(crate) const ERRORS: &str = "Errors";
pub(crate) const NOTES: &str = "Warnings and notes";

/// A plan and whose it is.
pub(crate) struct Entry<'a> {
    said: &'a Said,
    /// The hosts; `None` for the cluster.
    group: Option<&'a Group>,
    /// Whether there are other hosts as well.
    is_one_of_several: bool,
}

impl Review {
    /// Returns a review of nothing.
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            groups: Groups::default(),
            said: Vec::new(),
            cluster: None,
            kept: BTreeMap::new(),
            tally: Tally::default(),
            is_failed: false,
            errors: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Adds the plan of a host, with its picture where there is to be one.
    pub fn host(&mut self, name: &HostName, rows: ScopeRows, picture: Option<Picture>) {
        self.tally.count(&rows.summary);
        if self.groups.add(name, &rows) {
            let said = self.keep(rows, picture);
            self.said.push(said);
        }
    }

    /// Adds the plan of the cluster.
    pub fn cluster(&mut self, rows: ScopeRows) {
        let said = self.keep(rows, None);
        self.cluster = Some(said);
    }

    /// Counts a host that there is no plan for; why is said besides.
    pub fn host_without_plan(&mut self) {
        self.tally.count_error();
    }

    /// Notes that planning itself failed; why is said besides. What was planned before is no whole plan.
    pub fn fail(&mut self) {
        self.is_failed = true;
    }

    /// Adds what is said besides the plans: an error, which begins with that word, a warning or a note.
    pub fn say(&mut self, text: &str) {
        let said = if text.starts_with("error") { &mut self.errors } else { &mut self.notes };
        said.push(text.trim_end().to_owned());
    }

    /// Returns how many hosts stand how, and what becomes of the cluster.
    pub(crate) fn in_short(&self) -> String {
        let hosts = (self.tally.hosts() > 0).then(|| self.tally.to_string());
        let cluster = self.cluster.as_ref().map(|said| format!("Cluster: {}", said.in_one_line));
        let failed = self.is_failed.then(|| "Planning failed.".to_owned());
        let parts: Vec<String> = failed.into_iter().chain(hosts).chain(cluster).collect();
        if parts.is_empty() { "No changes.".to_owned() } else { parts.join(" ") }
    }

    /// Returns why planning failed, or there is no plan for some hosts.
    pub(crate) fn errors(&self) -> &[String] {
        &self.errors
    }

    /// Returns what else is said besides the plans.
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Returns the plans, the most urgent first.
    pub(crate) fn entries(&self) -> Vec<Entry<'_>> {
        let is_one_of_several = self.tally.hosts() > 1;
        let hosts = self.groups.iter().zip(&self.said);
        let hosts = hosts.map(|(group, said)| Entry { said, group: Some(group), is_one_of_several });
        let cluster = self.cluster.iter().map(|said| Entry { said, group: None, is_one_of_several });
        let mut entries: Vec<Entry<'_>> = hosts.chain(cluster).collect();
        entries.sort_by_key(Entry::rank);
        entries
    }

    /// Returns as much of a plan as there is room for.
    fn keep(&mut self, rows: ScopeRows, picture: Option<Picture>) -> Said {
        let ScopeRows { documents, mut rows, exact: _, summary } = rows;
        let rank = Rank::of(&summary);
        let in_one_line = rows.pop().map(|row| row.content).unwrap_or_default();
        let rows = self.keep_rows(rank, KeptRows::all(rows));
        let most = self.bounds.pictures;
        let kept = self.kept(rank);
        let picture = picture.filter(|_| kept.pictures < most).map(Box::new);
        kept.pictures += usize::from(picture.is_some());
        Said { rank, documents, in_one_line, rows, picture }
    }

    fn kept(&mut self, rank: Rank) -> &mut Kept {
        let each = self.bounds.entry;
        self.kept.entry(rank).or_insert(Kept { each, characters: 0, pictures: 0 })
    }

    /// Returns as many of the rows of a plan as there is room for. Where there is none, what is kept of others is cut, too: the
    /// first plans do not take all of it.
    fn keep_rows(&mut self, rank: Rank, mut rows: KeptRows) -> KeptRows {
        let Bounds { entry: _, least, rank: most, pictures: _ } = self.bounds;
        let Kept { mut each, mut characters, pictures: _ } = *self.kept(rank);
        rows.cut_to(each);
        while characters + rows.characters() > most && each > least {
            each = least.max(each / 2);
            let others = self.said.iter_mut().chain(&mut self.cluster).filter(|said| said.rank == rank);
            characters = others
                .map(|said| {
                    said.rows.cut_to(each);
                    said.rows.characters()
                })
                .sum();
            rows.cut_to(each);
        }
        let for_needed = (2 * most).saturating_sub(characters).min(rows.needed_characters());
        rows.cut_to(most.saturating_sub(characters).max(for_needed));
        let kept = self.kept(rank);
        (kept.each, kept.characters) = (each, characters + rows.characters());
        rows
    }
}

impl Rank {
    fn of(summary: &Summary) -> Self {
        match summary.standing {
            Standing::Blocked => Self::Blocked,
            Standing::Changes if summary.needs_consent => Self::Disrupts,
            Standing::Changes => Self::Changes,
            Standing::Held => Self::Held,
            Standing::Same => Self::Same,
            Standing::NotConcerned => Self::NotConcerned,
        }
    }
}

impl<'a> Entry<'a> {
    /// Returns how urgent it is.
    pub(crate) fn rank(&self) -> Rank {
        self.said.rank
    }

    /// Returns whether it is the cluster's.
    pub(crate) fn is_cluster(&self) -> bool {
        self.group.is_none()
    }

    /// Returns how many hosts it stands for.
    pub(crate) fn hosts(&self) -> usize {
        self.group.map_or(0, Group::count)
    }

    /// Returns what it is called: the words before a name, such as `37 hosts like `, and the name.
    pub(crate) fn title(&self) -> (String, String) {
        match self.group.map(Group::title) {
            Some((words, first)) => (words, first.to_string()),
            None => (String::new(), "cluster".to_owned()),
        }
    }

    /// Returns the names of its first hosts, and how many more there are; none where the title names all.
    pub(crate) fn named(&self, most: usize) -> (Vec<&'a HostName>, usize) {
        self.group.filter(|group| group.count() > 1).map(|group| group.named(most)).unwrap_or_default()
    }

    /// Returns the command whose text says all of it.
    pub(crate) fn command(&self) -> String {
        let Some((_, name)) = self.group.filter(|_| self.is_one_of_several).map(Group::title) else {
            return "vfctl plan".to_owned();
        };
        // A name with other signs would mean something to a shell, or as a pattern.
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let plain = Some(name.as_str()).filter(|name| name.chars().all(is_plain) && !name.starts_with('-'));
        let name = plain.unwrap_or("NAME");
        format!("vfctl plan --facts … --limit {name}")
    }

    /// Returns the documents that concern it.
    pub(crate) fn documents(&self) -> &'a str {
        &self.said.documents
    }

    /// Returns its plan in one line.
    pub(crate) fn in_one_line(&self) -> &'a str {
        &self.said.in_one_line
    }

    /// Returns the rows that are kept, but for the last.
    pub(crate) fn rows(&self) -> &'a [Row] {
        self.said.rows.rows()
    }

    /// Returns the places of these rows, the most needed first.
    pub(crate) fn rows_by_need(&self) -> Vec<usize> {
        self.said.rows.by_need().into_iter().map(|(_, place)| place).collect()
    }

    /// Returns the picture of its first host, if it is kept.
    pub(crate) fn picture(&self) -> Option<&'a Picture> {
        self.said.picture.as_deref()
    }

    /// Returns how many rows are not kept.
    pub(crate) fn cut(&self) -> Cut {
        self.said.rows.cut()
    }

    /// Returns whether there is more to say than fits in one line.
    pub(crate) fn has_details(&self) -> bool {
        !self.rows().is_empty() || self.cut().all() > 0 || self.hosts() > 1
    }

    /// Returns the rows that nobody is to miss, and how many of these are not kept: what blocks the plan, or else what it
    /// destroys and whom it disrupts.
    pub(crate) fn alarms(&self) -> (Vec<&'a Row>, usize) {
        let rows = &self.said.rows;
        match self.rank() {
            Rank::Blocked => (rows.errors(), rows.cut().errors),
            Rank::Disrupts => (rows.disruptions(), rows.cut().disruptions),
            Rank::Changes | Rank::Held | Rank::Same | Rank::NotConcerned => (Vec::new(), 0),
        }
    }
}
