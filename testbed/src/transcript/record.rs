//! One run of a scenario, step by step.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One step and what came of it, normalised.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// The step as the scenario says it.
    pub step: String,
    /// What it printed for programs.
    pub stdout: String,
    /// What it printed for people.
    pub stderr: String,
    /// The exit code; `None` for a step without one.
    pub code: Option<i32>,
    /// How long it took, where its scenario says how long it may.
    pub took: Option<Duration>,
    /// What must be equal in every place.
    pub essence: Vec<String>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum RunResult {
    /// Everything was as expected.
    Passed,
    /// Something was not.
    Failed {
        /// What and where.
        why: String,
    },
    /// It does not run in this place, as the scenario says.
    NotHere {
        /// The scenario's reason.
        why: String,
    },
}

/// A run from its first step to the one where it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript {
    /// Scenario and role.
    pub title: String,
    /// The steps that ran.
    pub entries: Vec<Entry>,
    /// How it ended.
    pub verdict: RunResult,
}

impl Transcript {
    /// What must be equal in every place, line by line.
    pub fn essence(&self) -> Vec<String> {
        self.entries.iter().flat_map(|entry| entry.essence.iter().cloned()).collect()
    }

    /// The text for a person.
    pub fn text(&self) -> String {
        let Self { title, entries, verdict } = self;
        let mut text = format!("# {title}\n\n");
        for Entry { step, stdout, stderr, code, took, essence: _ } in entries {
            text.push_str(step.trim_end());
            text.push('\n');
            quote(&mut text, "  | ", stdout);
            quote(&mut text, "  ! ", stderr);
            if let Some(code) = code {
                text.push_str(&format!("exit {code}\n"));
            }
            if let Some(took) = took {
                text.push_str(&format!("took {:.1} s\n", took.as_secs_f32()));
            }
        }
        match verdict {
            RunResult::Passed => {}
            RunResult::Failed { why } => text.push_str(&format!("\nFAILED: {why}\n")),
            RunResult::NotHere { why } => text.push_str(&format!("\nnot here: {why}\n")),
        }
        text
    }
}

fn quote(text: &mut String, prefix: &str, lines: &str) {
    for line in lines.lines() {
        text.push_str(format!("{prefix}{line}").trim_end());
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transcript_reads_like_its_scenario() {
        let transcript = Transcript {
            title: "counts @ pf0".to_owned(),
            entries: vec![Entry {
                step: "$ vfctl plan a.yaml".to_owned(),
                stdout: "No changes.\n".to_owned(),
                stderr: "talk\n".to_owned(),
                code: Some(0),
                took: Some(Duration::from_millis(1200)),
                essence: vec!["exit 0".to_owned()],
            }],
            verdict: RunResult::Failed { why: "line 3: no".to_owned() },
        };
        assert_eq!(
            transcript.text(),
            "# counts @ pf0\n\n$ vfctl plan a.yaml\n  | No changes.\n  ! talk\nexit 0\ntook 1.2 s\n\nFAILED: line 3: no\n"
        );
        assert_eq!(transcript.essence(), ["exit 0"]);
    }
}
