//! What `vfctl plan` prints of hosts, one after the other: text as it comes, JSON as it comes, or a review of all.

use vfctl_model::HostName;
use vfctl_plan::{Detail, Groups, ScopeRows};
use vfctl_port::Scope;
use vfctl_view::Review;

use crate::args::{PlanArgs, PlanOutput};
use crate::command::fleet_report::Shown;
use crate::command::reviewed::Sheet;
use crate::error::CliError;
use crate::machine::Console;
use crate::output::print_text;
use crate::plan_stream::{PlanEnd, PlanStream};

/// What is printed, and how far it is.
pub(super) enum Printer<'a> {
    /// Text: a plan that another host has as well is not printed again.
    Text {
        /// How much it says.
        detail: Detail,
        /// Whether only plans that are blocked are printed.
        is_quiet: bool,
        /// The hosts so far.
        groups: Groups,
        /// Whether there is text before.
        is_begun: bool,
    },
    /// The plans as one JSON document.
    Json(PlanStream),
    /// A review of all plans, which is printed once they are there.
    Review(&'a mut Review),
}

impl<'a> Printer<'a> {
    /// Returns what prints as the user has asked.
    pub(super) fn of(args: &PlanArgs, sheet: &'a mut Sheet) -> Self {
        match args.printed() {
            PlanOutput::Text => Self::Text {
                detail: args.detail(),
                is_quiet: args.quiet,
                groups: Groups::default(),
                is_begun: false,
            },
            PlanOutput::Json => Self::Json(PlanStream::new(Some(sheet.made.clone()))),
            PlanOutput::Markdown | PlanOutput::Html => Self::Review(&mut sheet.review),
        }
    }

    /// Returns whether a part of a JSON document is printed.
    pub(super) fn has_begun_json(&self) -> bool {
        matches!(self, Self::Json(stream) if stream.is_begun())
    }

    /// Prints the plan of a host, or keeps it.
    pub(super) fn host(
        &mut self,
        console: &mut Console<'_>,
        name: &HostName,
        shown: Shown,
    ) -> Result<(), CliError> {
        let Shown { summary: _, rows, picture, json } = shown;
        match (self, rows) {
            (Self::Json(stream), _) => stream.host(&mut console.out, name, &json)?,
            (Self::Text { groups, is_begun, .. }, Some(rows)) => {
                if groups.add(name, &rows) {
                    print_part(console, is_begun, &rows.render(&Scope::Host(name.clone())))?;
                }
            }
            (Self::Review(review), Some(rows)) => review.host(name, rows, picture),
            (Self::Text { .. } | Self::Review(_), None) => {}
        }
        Ok(())
    }

    /// Counts a host that there is no plan for, where hosts are counted.
    pub(super) fn host_without_plan(&mut self) {
        if let Self::Review(review) = self {
            review.host_without_plan();
        }
    }

    /// Prints what comes after the hosts: the plan of the cluster, and how many hosts stand how.
    pub(super) fn finish(
        self,
        console: &mut Console<'_>,
        cluster: Option<ScopeRows>,
        end: &PlanEnd<'_>,
        in_one_line: Option<String>,
    ) -> Result<(), CliError> {
        match self {
            Self::Json(stream) => {
                stream.finish(&mut console.out, end)?;
                console.out.flush()?;
                console.say(&in_one_line.map_or_else(String::new, |summary| format!("{summary}\n")));
            }
            Self::Text { detail, is_quiet, groups, mut is_begun } => {
                let like = groups.render(detail);
                let cluster = cluster.map(|rows| rows.render(&Scope::Cluster));
                for part in [like, cluster].into_iter().flatten() {
                    print_part(console, &mut is_begun, &part)?;
                }
                if let Some(summary) = in_one_line.filter(|_| !is_quiet) {
                    writeln!(console.out, "\n{summary}")?;
                }
            }
            Self::Review(review) => cluster.into_iter().for_each(|rows| review.cluster(rows)),
        }
        Ok(())
    }
}

/// Prints a part of a text, with a gap to the one before.
fn print_part(console: &mut Console<'_>, is_begun: &mut bool, text: &str) -> Result<(), CliError> {
    let gap = if std::mem::replace(is_begun, true) { "\n" } else { "" };
    print_text(console, &format!("{gap}{text}"))
}
