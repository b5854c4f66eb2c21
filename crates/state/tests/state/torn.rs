//! A power cut anywhere leaves a journal that is read right.

use std::fs;
use std::path::PathBuf;

use tempfile::{TempDir, tempdir};
use vfctl_port::Journal;
use vfctl_state::{FileJournal, StateError, read_journal};

use crate::journal::entry;

/// Returns a journal of three entries, and its bytes.
fn journal() -> (TempDir, PathBuf, Vec<u8>) {
    let scratch = tempdir().unwrap();
    let journal = FileJournal::begin(scratch.path()).unwrap();
    for number in 0..3 {
        journal.record(&entry(number)).unwrap();
    }
    let path = journal.path().to_owned();
    let bytes = fs::read(&path).unwrap();
    (scratch, path, bytes)
}

#[test]
fn journal_that_is_cut_anywhere_has_the_whole_lines_and_says_what_is_torn() {
    let (_scratch, path, bytes) = journal();
    for length in 0..=bytes.len() {
        fs::write(&path, &bytes[..length]).unwrap();
        let whole = bytes[..length].iter().filter(|byte| **byte == b'\n').count();
        let read = read_journal(&path).unwrap();
        let expected: Vec<_> = (0..3).map(entry).take(whole).collect();
        assert_eq!(read.entries, expected, "{length}");
        let ends_with_a_line = length == 0 || bytes[length - 1] == b'\n';
        assert_eq!(read.torn.is_none(), ends_with_a_line, "{length}");
        if let Some(torn) = read.torn {
            assert_eq!(torn.line, u64::try_from(whole).unwrap() + 1);
            assert!(torn.to_string().contains("was not written whole"));
        }
    }
}

#[test]
fn any_flipped_bit_of_the_last_line_makes_it_torn() {
    let (_scratch, path, bytes) = journal();
    let last = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for place in last..bytes.len() - 1 {
        let mut damaged = bytes.clone();
        damaged[place] ^= 1;
        // A flip may make an end of line: what is before it is then damage within.
        fs::write(&path, &damaged).unwrap();
        match read_journal(&path) {
            Ok(read) => assert_eq!((read.entries.len(), read.torn.is_some()), (2, true), "byte {place}"),
            Err(StateError::OtherVersion { .. }) => assert!(place < last + 40, "byte {place}"),
            Err(error) => assert!(matches!(error, StateError::Damaged { line: 3, .. }), "{error}"),
        }
    }
}

#[test]
fn zeros_at_the_end_are_a_torn_line() {
    let (_scratch, path, mut bytes) = journal();
    bytes.extend([0; 512]);
    fs::write(&path, &bytes).unwrap();
    let read = read_journal(&path).unwrap();
    assert_eq!((read.entries.len(), read.torn.unwrap().bytes), (3, 512));
}

#[test]
fn damage_within_is_an_error_that_names_the_line() {
    let (_scratch, path, bytes) = journal();
    let text = String::from_utf8(bytes).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let second_gone = format!("{}\n{}\n{}\n", lines[0], lines[2], lines[2]);
    let second_changed = text.replacen("\"done\"", "\"d0ne\"", 1);
    for damaged in [second_gone, second_changed] {
        fs::write(&path, damaged).unwrap();
        let error = read_journal(&path).unwrap_err();
        assert!(matches!(error, StateError::Damaged { line: 2, .. }), "{error}");
    }
}

#[test]
fn journal_after_a_torn_one_is_a_new_file() {
    let (scratch, path, bytes) = journal();
    fs::write(&path, &bytes[..bytes.len() - 5]).unwrap();
    let next = FileJournal::begin(scratch.path()).unwrap();
    next.record(&entry(1)).unwrap();
    assert!(read_journal(&path).unwrap().torn.is_some());
    assert_eq!(read_journal(next.path()).unwrap().entries, [entry(1)]);
}

#[test]
fn journal_of_another_version_is_refused_and_not_taken_for_torn() {
    let (_scratch, path, bytes) = journal();
    let text = String::from_utf8(bytes).unwrap().replace("journal/v1", "journal/v9");
    let first = text.split_inclusive('\n').next().unwrap().to_owned();
    for text in [text, first] {
        fs::write(&path, text).unwrap();
        let error = read_journal(&path).unwrap_err();
        assert!(matches!(error, StateError::OtherVersion { .. }), "{error}");
    }
}
