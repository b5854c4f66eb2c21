//! What is recorded is read again, and only the newest journals are kept.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread;

use tempfile::tempdir;
use vfctl_model::DeviceAddress;
use vfctl_port::{Journal, JournalEntry, Op, Outcome, Phase};
use vfctl_state::{FileJournal, KEPT_JOURNALS, latest_journal, read_journal};

/// Returns an entry of each phase of an apply; `number` makes them differ.
pub(crate) fn entry(number: u16) -> JournalEntry {
    let pf: Option<DeviceAddress> = "pci/0000:01:00.0".parse().ok();
    match number % 3 {
        0 => {
            let op = Op::SetVfCount { pf: pf.clone().unwrap(), count: number };
            JournalEntry::PhaseBegan { pf, phase: Phase::CreateVfs, ops: vec![op], before: None }
        }
        1 => JournalEntry::PhaseEnded { pf, phase: Phase::CreateVfs, outcomes: vec![Outcome::Done] },
        _ => JournalEntry::Ended { converged: number > 5 },
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn entries_are_read_as_they_were_recorded() {
    let scratch = tempdir().unwrap();
    let journal = FileJournal::begin(scratch.path()).unwrap();
    let entries: Vec<_> = (0..7).map(entry).collect();
    for entry in &entries {
        journal.record(entry).unwrap();
    }
    let read = read_journal(journal.path()).unwrap();
    assert_eq!((read.entries, read.torn), (entries, None));
}

#[test]
fn every_apply_has_a_journal_of_its_own_and_the_newest_are_kept() {
    let scratch = tempdir().unwrap();
    for number in 0..13 {
        FileJournal::begin(scratch.path()).unwrap().record(&entry(number)).unwrap();
    }
    let names = names(scratch.path());
    assert_eq!(names.len(), KEPT_JOURNALS);
    assert_eq!(names[0], "journal-0004.jsonl");
    assert_eq!(latest_journal(scratch.path()).unwrap().unwrap().entries, [entry(12)]);
}

#[test]
fn journals_past_the_four_digits_are_still_the_newest() {
    let scratch = tempdir().unwrap();
    for number in [9998, 9999, 10_000] {
        fs::write(scratch.path().join(format!("journal-{number}.jsonl")), "").unwrap();
    }
    let journal = FileJournal::begin(scratch.path()).unwrap();
    assert!(journal.path().ends_with("journal-10001.jsonl"));
}

#[test]
fn other_files_of_the_folder_are_left_alone() {
    let scratch = tempdir().unwrap();
    for name in ["lock", "journal-x.jsonl", "journal-0001.json", "notes"] {
        fs::write(scratch.path().join(name), "").unwrap();
    }
    for _ in 0..=KEPT_JOURNALS {
        FileJournal::begin(scratch.path()).unwrap();
    }
    assert_eq!(names(scratch.path()).len(), KEPT_JOURNALS + 4);
}

#[test]
fn journal_is_for_its_owner_alone() {
    let scratch = tempdir().unwrap();
    let journal = FileJournal::begin(&scratch.path().join("state")).unwrap();
    assert_eq!(fs::metadata(journal.path()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn lanes_may_record_at_once() {
    let scratch = tempdir().unwrap();
    let journal = FileJournal::begin(scratch.path()).unwrap();
    thread::scope(|scope| {
        for lane in 0..4 {
            let journal = &journal;
            scope.spawn(move || (0..20).for_each(|step| journal.record(&entry(lane * 20 + step)).unwrap()));
        }
    });
    assert_eq!(read_journal(journal.path()).unwrap().entries.len(), 80);
}

#[test]
fn no_folder_has_no_journal() {
    let scratch = tempdir().unwrap();
    assert_eq!(latest_journal(&scratch.path().join("absent")).unwrap(), None);
    assert_eq!(latest_journal(scratch.path()).unwrap(), None);
}

#[test]
fn apply_that_came_to_its_end_says_so() {
    let scratch = tempdir().unwrap();
    let journal = FileJournal::begin(scratch.path()).unwrap();
    journal.record(&entry(0)).unwrap();
    assert!(!read_journal(journal.path()).unwrap().has_ended());
    journal.record(&JournalEntry::Ended { converged: false }).unwrap();
    assert!(read_journal(journal.path()).unwrap().has_ended());
}
