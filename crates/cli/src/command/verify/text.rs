//! A verification for people.

use vfctl_kinds::probe::ProbeRow;

use super::document::{ProbedPod, Verification, VerificationResult};
use crate::table::table;

/// Returns the text: the rows of each subject, then pods, then how it ended.
pub(super) fn text(report: &Verification) -> String {
    let mut text = String::new();
    let mut rest = report.rows.as_slice();
    while let Some(first) = rest.first() {
        let count = rest.iter().take_while(|row| row.subject == first.subject).count();
        let (rows, after) = rest.split_at(count);
        text.push_str(&format!("{}\n", first.subject));
        text.push_str(&table(2, &rows_of(rows), None));
        rest = after;
    }
    for pod in &report.pods {
        text.push_str(&format!("{}\n", pod_line(pod)));
    }
    for pod in &report.removed {
        text.push_str(&format!("removed {pod}, left by an earlier verify\n"));
    }
    for left in &report.left_behind {
        text.push_str(&format!("error: left behind: {left}\n"));
    }
    for note in &report.notes {
        text.push_str(&format!("note: {note}\n"));
    }
    text.push_str(&format!("\n{}\n", ending(report)));
    text
}

fn rows_of(rows: &[ProbeRow]) -> Vec<Vec<String>> {
    let head = ["PROPERTY", "EXPECTED", "FOUND", "RESULT"].map(str::to_owned).to_vec();
    let shown = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
    let row = |row: &ProbeRow| {
        let why = row.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
        let result = format!("{}{why}", row.comparison);
        vec![row.property.clone(), shown(&row.expected), shown(&row.found), result]
    };
    std::iter::once(head).chain(rows.iter().map(row)).collect()
}

fn pod_line(pod: &ProbedPod) -> String {
    let ProbedPod { pod, networks, node, ready_after_milliseconds, trouble } = pod;
    let at = node.as_ref().map_or_else(String::new, |node| format!(" on {node}"));
    match (ready_after_milliseconds, trouble) {
        (_, Some(trouble)) => format!("error: pod {pod} ({networks}){at} did not start: {trouble}"),
        (Some(after), None) => format!("pod {pod} ({networks}){at} was ready after {}", seconds(*after)),
        (None, None) => format!("pod {pod} ({networks}){at}"),
    }
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100)
}

fn ending(report: &Verification) -> String {
    let figures = report.figures;
    let word = match report.result {
        VerificationResult::Verified => "Verified",
        VerificationResult::Differs => "Not as specified",
        VerificationResult::Incomplete => "Not everything could be verified",
        VerificationResult::Interrupted => "Interrupted",
    };
    format!(
        "{word}: {} as asked, {} different, {} not compared, in {}.",
        figures.same,
        figures.different,
        figures.not_compared,
        seconds(figures.milliseconds)
    )
}
