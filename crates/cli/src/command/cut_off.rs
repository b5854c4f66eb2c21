//! Reports on standard error an apply that runs now, or those that were cut off or failed and what they left behind.
//!
//! Nothing here changes a plan: no plan depends on the state folder.

use std::path::Path;

use vfctl_port::{JournalEntry, World, with_causes};
use vfctl_state::{Holder, JournalRead, Lock, StateError, all_converged, kept_journals};

use crate::machine::Console;

/// Reports to whoever only looks. While an apply runs, its journal has no end and what it has changed for a while is as it
/// should be.
pub(super) fn report_to_onlooker(folder: &Path, now: &World, console: &mut Console<'_>) {
    // Asked before and after the journals are read: one of an apply that begins or ends meanwhile has no end either.
    let mut report = String::new();
    let holder = match Lock::holder(folder) {
        Ok(None) => {
            report = notes(folder, now);
            Lock::holder(folder)
        }
        held => held,
    };
    match holder {
        Ok(Some(Holder::Process { pid, since })) => {
            report = format!("note: an apply is running (process {pid}, since {since})\n");
        }
        Ok(Some(Holder::Unnamed)) => "note: an apply is running\n".clone_into(&mut report),
        Ok(None) => {}
        Err(error) => report.insert_str(0, &unreadable(&error)),
    }
    console.say(&report);
}

/// Reports to whoever holds the lock.
pub(super) fn report_to_holder(folder: &Path, now: &World, console: &mut Console<'_>) {
    console.say(&notes(folder, now));
}

/// Returns what is to be said of the journals: of the newest where it has no end, of each where something that it was to
/// restore is still so, and of those that cannot be read.
fn notes(folder: &Path, now: &World) -> String {
    match all_converged(folder) {
        Ok(true) => return String::new(),
        Ok(false) => {}
        Err(error) => return unreadable(&error),
    }
    let journals = match kept_journals(folder) {
        Ok(journals) => journals,
        Err(error) => return unreadable(&error),
    };
    let mut text = String::new();
    let mut later: Vec<Box<World>> = Vec::new();
    for (age, journal) in journals.enumerate() {
        let journal = match journal {
            Ok(journal) => journal,
            Err(error) => {
                text.push_str(&unreadable(&error));
                continue;
            }
        };
        let since: Vec<&World> = std::iter::once(now).chain(later.iter().map(AsRef::as_ref)).collect();
        let leftovers = vfctl_apply::leftovers(&journal.entries, &since);
        let was_cut_off = !journal.has_ended();
        if !leftovers.is_empty() || was_cut_off && age == 0 {
            let path = journal.path.display();
            let what = if was_cut_off { "was cut off before its end" } else { "failed to restore something" };
            text.push_str(&format!("note: an apply {what}; its journal is {path}\n"));
            text.extend(leftovers.iter().map(|leftover| format!("  {leftover}\n")));
        }
        later.extend(before(journal));
    }
    text
}

/// Returns the facts of before the apply.
fn before(journal: JournalRead) -> Option<Box<World>> {
    journal.entries.into_iter().find_map(|entry| match entry {
        JournalEntry::Began { before, documents: _ } => Some(before),
        JournalEntry::PhaseBegan { .. } | JournalEntry::PhaseEnded { .. } | JournalEntry::Ended { .. } => {
            None
        }
    })
}

/// Returns what is to be said of what could not be read: nothing to an ordinary user who may not read it, since
/// such a user's plan is no worse for it.
fn unreadable(error: &StateError) -> String {
    if error.is_for_root_alone() {
        tracing::debug!(%error, "the state folder may not be read");
        return String::new();
    }
    let causes = with_causes(error);
    format!("note: failed to {causes}; what an earlier apply left behind may not be reported\n")
}
