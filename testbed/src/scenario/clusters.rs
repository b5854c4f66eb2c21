//! Scenarios that run in clusters: how many workers they have, and what they may do.

use super::hand;
use super::script::{Action, Step};

/// What is wrong with the steps of a scenario for a cluster with so many workers; `None` when nothing is.
pub(super) fn flaw(count: u8, steps: &[Step]) -> Option<String> {
    if steps.is_empty() {
        return Some("it has no steps".to_owned());
    }
    let line_of = |is_wrong: &dyn Fn(&Step) -> bool| Some(steps.iter().find(|step| is_wrong(step))?.line);
    if let Some(line) = line_of(&|step| step.worker.is_some_and(|worker| !(1..=count).contains(&worker))) {
        return Some(format!("line {line} names a worker that is not among the {count}"));
    }
    if let Some(line) = line_of(&|step| matches!(&step.action, Action::Hand(words) if hand::is_fault(words)))
    {
        return Some(format!("line {line} runs on the simulator alone"));
    }
    let line = line_of(&|step| count == 0 && needs_worker(&step.action))?;
    Some(format!("line {line} happens in a worker, and the scenario has none"))
}

fn needs_worker(action: &Action) -> bool {
    match action {
        Action::File { .. } | Action::Vfctl(_) | Action::Kubectl(_) => false,
        Action::Start(_) | Action::Interrupt | Action::Wait => true,
        Action::Shell(_) | Action::Hand(_) | Action::Readings => true,
    }
}

/// The count that `no workers`, `1 worker` or `2 workers` says; `None` for other words.
pub(super) fn workers(rest: &str) -> Option<u8> {
    match rest.split_once(' ')? {
        ("no", "workers") => Some(0),
        (count, "worker" | "workers") => count.parse().ok().filter(|count| *count > 0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::Scenario;
    use crate::scenario::parser::parse;
    use std::path::Path;

    fn parse_text(text: &str) -> Result<Scenario, String> {
        parse(text, Path::new("some/folder/name.scenario")).map_err(|error| error.to_string())
    }

    #[test]
    fn without_workers_everything_happens_at_the_api_server() {
        let head = "title: t\ncluster: no workers\n";
        assert_eq!(parse_text(&format!("{head}kubectl: get ns\n$ vfctl plan a\n")).unwrap().cluster, Some(0));
        assert!(parse_text(&format!("{head}sh: true\n")).unwrap_err().contains("happens in a worker"));
        assert!(parse_text(&format!("{head}on worker-1: kubectl: get ns\n")).is_err());
    }
}
