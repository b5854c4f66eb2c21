//! What is recorded is read again, and only the newest journals are kept.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread;

use tempfile::tempdir;
use vfctl_model::DeviceAddress;
use vfctl_port::{Action, Journal, JournalEntry, LaneId, Op, Outcome, Phase, Stage, Target, Thing, World};
use vfctl_state::{
    FileJournal, JournalRead, KEPT_JOURNALS, StateError, all_converged, kept_journals, read_journal,
};

/// Returns an entry of each phase of an apply; `number` makes them differ.
pub(crate) fn entry(number: u16) -> JournalEntry {
    let pf: DeviceAddress = "pci/0000:01:00.0".parse().unwrap();
    let lane =
        LaneId { host: Some("lab".parse().unwrap()), stage: Stage::Ports, thing: Thing::Pf(pf.clone()) };
    let op = |action| Op { target: Target::Pf(pf.clone()), action };
    match number % 3 {
        0 => JournalEntry::PhaseBegan {
            lane,
            phase: Some(Phase::CreateVfs),
            ops: vec![op(Action::CreateVfs(number))],
            found: vec![Some("0".to_owned())],
            owed: vec![op(Action::RemoveVfs)],
        },
        1 => {
            // What restores after a failure belongs to no phase.
            let phase = (number > 3).then_some(Phase::CreateVfs);
            JournalEntry::PhaseEnded { lane, phase, outcomes: vec![Outcome::Done] }
        }
        _ => JournalEntry::Ended { converged: number > 5 },
    }
}

/// Returns the entry with which an apply begins.
pub(crate) fn began() -> JournalEntry {
    let before = r#"{"format": "vfctl.dev/facts/v1", "hosts": {"lab": {
        "system": {"kernel": "6.12", "arguments": [], "iommu": {"groups": 0, "kinds": []}, "modules": []},
        "physicalFunctions": {}, "links": {}
    }}}"#;
    let before: World = serde_json::from_str(before).unwrap();
    JournalEntry::Began { documents: vec!["workers".to_owned()], before: Box::new(before) }
}

/// Returns the journals that say something, newest first.
fn kept(folder: &Path) -> Vec<Result<JournalRead, StateError>> {
    kept_journals(folder).unwrap().collect()
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
        let journal = FileJournal::begin(scratch.path()).unwrap();
        journal.record(&began()).unwrap();
        journal.record(&entry(number)).unwrap();
    }
    let names = names(scratch.path());
    assert_eq!(names.len(), KEPT_JOURNALS);
    assert_eq!(names[0], "journal-0004.jsonl");
    let kept: Vec<_> = kept(scratch.path()).into_iter().map(|read| read.unwrap().entries).collect();
    let expected: Vec<_> = (3..13).rev().map(|number| [began(), entry(number)]).collect();
    assert_eq!(kept, expected);
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
        FileJournal::begin(scratch.path()).unwrap().record(&began()).unwrap();
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
    assert_eq!(kept(&scratch.path().join("absent")).len(), 0);
    assert_eq!(kept(scratch.path()).len(), 0);
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

#[test]
fn journal_in_which_no_apply_began_is_none() {
    let scratch = tempdir().unwrap();
    let real = FileJournal::begin(scratch.path()).unwrap();
    real.record(&began()).unwrap();
    real.record(&entry(0)).unwrap();
    let line = fs::read(real.path()).unwrap();
    for torn in ["", "{", "\n"].map(str::as_bytes).into_iter().chain([&line[..40]]) {
        fs::write(FileJournal::begin(scratch.path()).unwrap().path(), torn).unwrap();
        let kept = kept(scratch.path());
        let [Ok(journal)] = kept.as_slice() else { panic!("{kept:?}") };
        assert_eq!(journal.path, real.path());
        assert!(journal.has_begun() && !journal.has_ended());
    }
}

#[test]
fn journals_without_entry_push_out_none_that_has_one() {
    let scratch = tempdir().unwrap();
    let real = FileJournal::begin(scratch.path()).unwrap();
    real.record(&began()).unwrap();
    for _ in 0..2 * KEPT_JOURNALS {
        FileJournal::begin(scratch.path()).unwrap();
    }
    assert!(real.path().exists());
    FileJournal::begin(scratch.path()).unwrap().record(&began()).unwrap();
    assert_eq!(names(scratch.path()), ["journal-0001.jsonl", "journal-0022.jsonl"]);
}

#[test]
fn damaged_journal_does_not_hide_an_older_one() {
    let scratch = tempdir().unwrap();
    FileJournal::begin(scratch.path()).unwrap().record(&began()).unwrap();
    let damaged = FileJournal::begin(scratch.path()).unwrap();
    fs::write(damaged.path(), "no line\nno line\n").unwrap();
    let kept = kept(scratch.path());
    let [Err(StateError::Damaged { path, line: 1, .. }), Ok(older)] = kept.as_slice() else {
        panic!("{kept:?}")
    };
    assert_eq!(path, damaged.path());
    assert!(older.has_begun());
}

#[test]
fn last_lines_tell_whether_every_apply_did_all() {
    let scratch = tempdir().unwrap();
    let converged = |folder: &Path| all_converged(folder).unwrap();
    assert!(converged(&scratch.path().join("nowhere")));
    for _ in 0..2 {
        let journal = FileJournal::begin(scratch.path()).unwrap();
        assert!(converged(scratch.path()), "one without a line says nothing");
        journal.record(&began()).unwrap();
        assert!(!converged(scratch.path()));
        journal.record(&entry(0)).unwrap();
        assert!(!converged(scratch.path()));
        journal.record(&JournalEntry::Ended { converged: true }).unwrap();
        assert!(converged(scratch.path()));
    }
    let longer = FileJournal::begin(scratch.path()).unwrap();
    let JournalEntry::Began { documents: _, before } = began() else { panic!("not the first entry") };
    longer.record(&JournalEntry::Began { documents: vec!["long".repeat(5000)], before }).unwrap();
    assert!(!converged(scratch.path()), "a line that is longer than the last of a journal");
    longer.record(&JournalEntry::Ended { converged: true }).unwrap();
    assert!(converged(scratch.path()));
    let failed = FileJournal::begin(scratch.path()).unwrap();
    failed.record(&began()).unwrap();
    failed.record(&JournalEntry::Ended { converged: false }).unwrap();
    assert!(!converged(scratch.path()), "what failed may have left something behind");
    let damaged = scratch.path().join("journal-0009.jsonl");
    fs::write(damaged, "no line of a journal\n").unwrap();
    assert!(!converged(scratch.path()));
}
