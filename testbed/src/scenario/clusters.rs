//! Scenarios that run in clusters: how many workers they have, and what they may do.

use super::hand;
use super::script::{Action, On, Scenario, Step};
use crate::image::Userland;

/// A scenario for a cluster with so many workers.
pub(super) fn in_cluster(
    name: String,
    title: String,
    count: u8,
    steps: Vec<Step>,
) -> Result<Scenario, String> {
    if steps.is_empty() {
        return Err("it has no steps".to_owned());
    }
    if let Some(step) =
        steps.iter().find(|step| step.worker.is_some_and(|worker| !(1..=count).contains(&worker)))
    {
        return Err(format!("line {} names a worker that is not among the {count}", step.line));
    }
    if let Some(step) =
        steps.iter().find(|step| matches!(&step.action, Action::Hand(words) if hand::is_fault(words)))
    {
        return Err(format!("line {} runs on the simulator alone", step.line));
    }
    let needs_worker = |action: &Action| match action {
        Action::File { .. } | Action::Vfctl(_) | Action::Kubectl(_) => false,
        Action::Start(_) | Action::Interrupt | Action::Wait => true,
        Action::Shell(_) | Action::Hand(_) | Action::Readings => true,
    };
    if let Some(step) = steps.iter().find(|step| count == 0 && needs_worker(&step.action)) {
        return Err(format!("line {} happens in a worker, and the scenario has none", step.line));
    }
    Ok(Scenario {
        name,
        title,
        on: On::Lab,
        only: None,
        guest: Userland::default(),
        cluster: Some(count),
        steps,
    })
}

/// `no workers`, `1 worker`, `2 workers`
pub(super) fn workers(rest: &str) -> Result<u8, String> {
    match rest.split_once(' ') {
        Some(("no", "workers")) => Ok(0),
        Some((count, "worker" | "workers")) => match count.parse() {
            Ok(count) if count > 0 => Ok(count),
            _ => Err(format!("`{count}` is no number of workers")),
        },
        _ => Err(format!("`{rest}` is no number of workers: `1 worker`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
