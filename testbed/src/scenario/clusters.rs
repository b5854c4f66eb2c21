//! Scenarios that run in clusters: how many workers they have, and what they may do.

use super::hand;
use super::script::{Action, BadDay, Exit, Step};
use crate::cluster::fault;

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
    if let Some(line) = line_of(&|step| count > 0 && matches!(step.action, Action::Front(_))) {
        return Some(format!("line {line} stands before the API server: say `cluster: no workers`"));
    }
    let line = line_of(&|step| count == 0 && needs_worker(&step.action))?;
    Some(format!("line {line} happens in a worker, and the scenario has none"))
}

fn needs_worker(action: &Action) -> bool {
    match action {
        Action::File { .. } | Action::Vfctl(_) | Action::Kubectl(_) | Action::Front(_) => false,
        Action::Start(_) | Action::Interrupt | Action::Wait => false,
        Action::Shell(_) | Action::Hand(_) | Action::Readings => true,
    }
}

/// The words of `api:`; `None` where they are not known.
pub(super) fn front(words: &str) -> Option<String> {
    fault::parse(words).map(|_| words.to_owned())
}

/// What is wrong with a row in the table of bad days.
#[derive(Debug, thiserror::Error)]
pub(super) enum BadDayError {
    /// Half of the row is missing.
    #[error("`bad day:` and `next:` belong together")]
    Half,
    /// Nothing shows that the work is finished afterwards.
    #[error("a bad day ends with `$ vfctl apply` and a plan that has `No changes.`")]
    Unfinished,
    /// Nothing says how long it may take.
    #[error("a bad day says `within SECONDS:` of a vfctl")]
    Unlimited,
}

/// The row in the table of bad days. Its scenario says how long vfctl takes at most, and ends with an apply that finishes the work.
pub(super) fn bad_day(
    what: Option<String>,
    next: Option<String>,
    steps: &[Step],
) -> Result<Option<BadDay>, BadDayError> {
    let (what, next) = match (what, next) {
        (None, None) => return Ok(None),
        (Some(what), Some(next)) => (what, next),
        _ => return Err(BadDayError::Half),
    };
    let vfctl = steps.iter().rev().filter_map(|step| match &step.action {
        Action::Vfctl(arguments) => Some((arguments.split(' ').next().unwrap_or_default(), &step.checks)),
        _ => None,
    });
    let [last, before] = [0, 1].map(|position| vfctl.clone().nth(position));
    let is_empty = last.is_some_and(|(command, checks)| {
        command == "plan" && checks.exit == Exit::Code(0) && checks.has.iter().any(|has| has == "No changes.")
    });
    let is_done = before.is_some_and(|(command, checks)| command == "apply" && checks.exit == Exit::Code(0));
    if !is_empty || !is_done {
        return Err(BadDayError::Unfinished);
    }
    if !steps.iter().any(|step| step.limit.is_some()) {
        return Err(BadDayError::Unlimited);
    }
    Ok(Some(BadDay { what, next }))
}

/// The workers that `no workers`, `1 worker`, `2 workers` or `1 bare worker` asks for; `None` for other words.
pub(super) fn workers(rest: &str) -> Option<Wanted> {
    let (count, words) = rest.split_once(' ')?;
    let is_bare = words.starts_with("bare ");
    match (count, words.trim_start_matches("bare ")) {
        ("no", "workers") if !is_bare => Some(Wanted { count: 0, is_bare }),
        (count, "worker" | "workers") => {
            let count = count.parse().ok().filter(|count| *count > 0)?;
            Some(Wanted { count, is_bare })
        }
        _ => None,
    }
}

/// Which workers a scenario needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    /// How many.
    pub(super) count: u8,
    /// Whether they have nothing but their primary network.
    pub(super) is_bare: bool,
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
        assert!(
            parse_text(&format!("{head}api: list nodes: nothing\n")).unwrap_err().contains("known: well")
        );
        let with_worker = "title: t\ncluster: 1 worker\napi: well\n";
        assert!(parse_text(with_worker).unwrap_err().contains("no workers"));
    }

    #[test]
    fn a_bad_day_is_limited_and_ends_well() {
        let head = "title: t\ncluster: no workers\nbad day: b\nnext: n\n";
        let end = "$ vfctl apply a --yes\n$ vfctl plan a\nhas: No changes.\n";
        let bad = "within 9: $ vfctl apply a --yes\nexit 1\n";
        let scenario = parse_text(&format!("{head}{bad}{end}")).unwrap();
        assert_eq!(scenario.steps[0].limit, Some(std::time::Duration::from_secs(9)));
        assert_eq!(scenario.steps[0].text(), "within 9: $ vfctl apply a --yes");
        assert_eq!(scenario.bad_day.unwrap().next, "n");
        assert!(parse_text(&format!("{head}{bad}")).unwrap_err().contains("ends with"));
        assert!(parse_text(&format!("{head}{end}")).unwrap_err().contains("within SECONDS"));
        assert!(parse_text(&format!("title: t\ncluster: no workers\nnext: n\n{bad}{end}")).is_err());
    }
}
