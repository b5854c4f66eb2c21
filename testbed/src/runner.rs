//! Runs one scenario in one place and says what came of it.

use std::thread;
use std::time::{Duration, Instant};

use crate::guest::Output;
use crate::patience;
use crate::place::{Place, PlaceError};
use crate::scenario::substitution::substitute;
use crate::scenario::{Action, Exit, Scenario, Step};
use crate::transcript::readings::readings;
use crate::transcript::wrapped::unwrapped;
use crate::transcript::{Entry, Normaliser, RunResult, Transcript};

/// How long a step that is repeated waits in between.
const PAUSE: Duration = Duration::from_millis(500);

/// Why a run ended early.
struct Failure {
    why: String,
    /// The emulator stood still.
    stalled: bool,
}

impl From<String> for Failure {
    fn from(why: String) -> Self {
        Self { why, stalled: false }
    }
}

/// Runs a scenario with `${pf}` standing for `pf`; once more when the emulator
/// stood still, which is said.
pub fn run(place: &mut dyn Place, scenario: &Scenario, pf: Option<&str>) -> Transcript {
    let title = match pf {
        Some(pf) => format!("{} @ {pf} in {}: {}", scenario.name, place.name(), scenario.title),
        None => format!("{} in {}: {}", scenario.name, place.name(), scenario.title),
    };
    if let Some(why) = scenario.only.as_ref().and_then(|only| place.refuses(only)) {
        return Transcript { title, entries: Vec::new(), verdict: RunResult::NotHere { why } };
    }
    if let Some(why) = place.lacks(scenario) {
        return Transcript { title, entries: Vec::new(), verdict: RunResult::Failed { why } };
    }
    let mut entries = Vec::new();
    let mut ended = steps(place, scenario, pf, &mut entries);
    if let Err(Failure { why, stalled: true }) = &ended {
        eprintln!("testbed: {title}: {why}\ntestbed: running it again in a fresh guest");
        entries.clear();
        ended = steps(place, scenario, pf, &mut entries);
    }
    let verdict = match ended {
        Ok(()) => RunResult::Passed,
        Err(Failure { why, stalled: _ }) => RunResult::Failed { why },
    };
    Transcript { title, entries, verdict }
}

/// All steps, then the look at what they left behind, which also follows a
/// failed step.
fn steps(
    place: &mut dyn Place,
    scenario: &Scenario,
    pf: Option<&str>,
    entries: &mut Vec<Entry>,
) -> Result<(), Failure> {
    place.begin().map_err(|error| broken(place, "begin", &error))?;
    let mut normaliser = normaliser_for(place, scenario, pf)?;
    let mut failure = None;
    for step in &scenario.steps {
        match one_step(place, step, pf, &mut normaliser) {
            Ok(Outcome { entry, wrong }) => {
                entries.push(entry);
                if let Some(wrong) = wrong {
                    failure = Some(format!("line {}: {wrong}", step.line));
                    break;
                }
            }
            Err(error) => {
                entries.push(Entry { step: step.text(), ..Entry::default() });
                return Err(broken(place, &format!("line {}", step.line), &error));
            }
        }
    }
    match (place.end(), failure) {
        (Ok(()), None) => Ok(()),
        (Ok(()), Some(failure)) => Err(failure.into()),
        (Err(error), None) => Err(broken(place, "end", &error)),
        (Err(error), Some(failure)) => {
            let Failure { why, stalled } = broken(place, "end", &error);
            Err(Failure { why: format!("{failure}\nand {why}"), stalled })
        }
    }
}

fn broken(place: &mut dyn Place, at: &str, error: &PlaceError) -> Failure {
    place.give_up();
    let mut why = format!("{at}: failed to {error}");
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        why.push_str(&format!(": {error}"));
        cause = error.source();
    }
    Failure { why, stalled: error.is_stall() }
}

fn normaliser_for(place: &dyn Place, scenario: &Scenario, pf: Option<&str>) -> Result<Normaliser, String> {
    let mut texts = String::new();
    for step in &scenario.steps {
        let text = step.text();
        texts.push_str(&substitute(&text, place.roles(), pf).map_err(|error| error.to_string())?);
        texts.push('\n');
    }
    Ok(Normaliser::new(place.roles(), &texts))
}

struct Outcome {
    entry: Entry,
    wrong: Option<String>,
}

/// One step, repeated until it ends as expected where its scenario says so.
fn one_step(
    place: &mut dyn Place,
    step: &Step,
    pf: Option<&str>,
    normaliser: &mut Normaliser,
) -> Result<Outcome, PlaceError> {
    place.turn_to(step.worker)?;
    let started = Instant::now();
    loop {
        // What is tried again numbers anew.
        let mut own = normaliser.clone();
        let mut outcome = once(place, step, pf, &mut own)?;
        let limit = patience::stretched(step.within.unwrap_or_default());
        if outcome.wrong.is_some() && started.elapsed() < limit {
            thread::sleep(PAUSE);
            continue;
        }
        *normaliser = own;
        if step.within.is_some() {
            outcome.wrong =
                outcome.wrong.map(|wrong| format!("after {} s {wrong}", started.elapsed().as_secs()));
        }
        return Ok(outcome);
    }
}

fn once(
    place: &mut dyn Place,
    step: &Step,
    pf: Option<&str>,
    normaliser: &mut Normaliser,
) -> Result<Outcome, PlaceError> {
    let replaced = |place: &dyn Place, text: &str| {
        substitute(text, place.roles(), pf).map_err(|error| PlaceError::Unable(error.to_string()))
    };
    let started = Instant::now();
    let output = match &step.action {
        Action::File { name, text } => {
            let text = replaced(place, text)?;
            place.put(name, &text)?;
            None
        }
        Action::Start(arguments) => {
            let arguments = replaced(place, arguments)?;
            place.start(&arguments)?;
            None
        }
        Action::Front(words) => {
            place.front(words)?;
            None
        }
        Action::Interrupt => {
            place.interrupt()?;
            None
        }
        Action::Vfctl(arguments) => {
            let arguments = replaced(place, arguments)?;
            Some(place.vfctl(&arguments)?)
        }
        Action::Wait => Some(place.wait()?),
        Action::Kubectl(arguments) => {
            let arguments = replaced(place, arguments)?;
            Some(place.kubectl(&arguments)?)
        }
        Action::Shell(command) => {
            let command = replaced(place, command)?;
            place.shell(&command)?
        }
        Action::Hand(words) => {
            let words = replaced(place, words)?;
            let output = place.hand(&words)?;
            // What works has nothing to say, unless it is what is asked.
            if output.is_success() && step.checks.exit != Exit::Any { None } else { Some(output) }
        }
        Action::Readings => Some(place.record()?),
    };
    let took = step.limit.map(|_| started.elapsed());
    let mut entry = Entry { step: step.text(), took, ..Entry::default() };
    let Some(output) = output else { return Ok(Outcome { entry, wrong: None }) };
    if step.action == Action::Readings && output.is_success() {
        return Ok(match readings(&output.stdout, normaliser) {
            Ok(lines) => {
                entry.essence = lines.lines().map(str::to_owned).collect();
                entry.stdout = lines;
                Outcome { entry, wrong: None }
            }
            Err(error) => Outcome { entry, wrong: Some(format!("failed to {error}")) },
        });
    }
    entry.stdout = normaliser.text(&output.stdout);
    entry.stderr = normaliser.text(&output.stderr);
    entry.code = output.code;
    entry.essence = essence(step, &entry);
    let wrong = check(place, step, pf, &output, &entry, normaliser)?;
    Ok(Outcome { entry, wrong })
}

/// Equal means: the same exit codes and the same plans, and that the same is
/// refused by hand, where each place has its own words and codes for it.
fn essence(step: &Step, entry: &Entry) -> Vec<String> {
    let arguments = match &step.action {
        Action::Vfctl(arguments) => arguments,
        Action::Hand(words) => {
            let done = if entry.code == Some(0) { "done" } else { "refused" };
            return vec![format!("by hand: {words}: {done}")];
        }
        _ => return Vec::new(),
    };
    let code = entry.code.map_or("too late".to_owned(), |code| format!("exit {code}"));
    let mut essence = vec![format!("$ vfctl {arguments}: {code}")];
    if arguments.split_whitespace().next() == Some("plan") {
        essence.extend(unwrapped(&entry.stdout));
    }
    essence
}

/// What is wrong with an output; `None` when it is as expected.
fn check(
    place: &dyn Place,
    step: &Step,
    pf: Option<&str>,
    output: &Output,
    entry: &Entry,
    normaliser: &Normaliser,
) -> Result<Option<String>, PlaceError> {
    let checks = &step.checks;
    match (output.code, checks.exit) {
        (None, _) => return Ok(Some("it took too long".to_owned())),
        (Some(code), Exit::Code(expected)) if code != expected => {
            return Ok(Some(format!("exit code {code}, not {expected}")));
        }
        (Some(_), Exit::Code(_) | Exit::Any) => {}
    }
    if let (Some(took), Some(limit)) = (entry.took, step.limit)
        && took > limit
    {
        return Ok(Some(format!("it took {:.1} s, more than {} s", took.as_secs_f32(), limit.as_secs())));
    }
    // What people read is wrapped; where is nobody's business here.
    let lines = unwrapped(&entry.stdout).join("\n");
    let said = format!("{}{}\n{lines}", entry.stdout, entry.stderr);
    for (texts, expected) in [(&checks.has, true), (&checks.not, false)] {
        for text in texts {
            let text =
                substitute(text, place.roles(), pf).map_err(|error| PlaceError::Unable(error.to_string()))?;
            // A copy: what is only expected shall not be numbered.
            let text = normaliser.clone().text(&text);
            if said.contains(&text) != expected {
                let found = if expected { "does not have" } else { "has" };
                return Ok(Some(format!("the output {found} `{text}`")));
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::echo::{Echo, echo};
    use crate::scenario::parser;
    use std::path::Path;

    fn scenario(body: &str) -> Scenario {
        let text = format!("title: t\non: pf0\nkernel-only: a test\n{body}");
        parser::parse(&text, Path::new("s.scenario")).unwrap()
    }

    fn verdict(place: &mut Echo, body: &str) -> RunResult {
        run(place, &scenario(body), Some("pf0")).verdict
    }

    fn why(verdict: RunResult) -> String {
        match verdict {
            RunResult::Failed { why } => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_expected_is_compared_after_normalising_both() {
        let mut place = echo("eth0: 4 VFs\n", 2);
        assert_eq!(verdict(&mut place, "$ vfctl plan ${pf}\nexit 2\nhas: ${pf}: 4\n"), RunResult::Passed);
        assert_eq!(place.asked, ["plan eth0"]);
    }

    #[test]
    fn each_kind_of_disappointment_fails() {
        let mut place = echo("eth0: 4 VFs\n", 0);
        assert!(why(verdict(&mut place, "$ vfctl plan\nexit 2\n")).contains("exit code 0, not 2"));
        assert!(why(verdict(&mut place, "$ vfctl plan\nhas: 5 VFs\n")).contains("does not have"));
        assert!(why(verdict(&mut place, "$ vfctl plan\nnot: 4 VFs\n")).contains("has `4 VFs`"));
        assert!(why(verdict(&mut place, "readings\n")).contains("recorded facts"));
        assert!(why(verdict(&mut place, "$ vfctl plan ${pf7}\n")).contains("no device has it"));
    }

    #[test]
    fn what_is_done_by_hand_must_work() {
        assert!(why(verdict(&mut echo("", 1), "by hand: rescan\n")).contains("exit code 1, not 0"));
    }

    #[test]
    fn what_may_be_refused_is_compared_and_not_judged() {
        let body = "by hand: rescan\nexit any\n$ vfctl plan a\nexit any\n";
        let essence = |code| {
            let transcript = run(&mut echo("", code), &scenario(body), Some("pf0"));
            assert_eq!(transcript.verdict, RunResult::Passed);
            transcript.essence()
        };
        assert_eq!(essence(0), ["by hand: rescan: done", "$ vfctl plan a: exit 0"]);
        assert_eq!(essence(1), ["by hand: rescan: refused", "$ vfctl plan a: exit 1"]);
    }

    #[test]
    fn what_takes_longer_than_it_may_fails() {
        assert_eq!(verdict(&mut echo("", 1), "within 9: $ vfctl a\nexit 1\n"), RunResult::Passed);
        let late = verdict(&mut echo("", 1), "within 0: $ vfctl a\nexit 1\n");
        assert!(why(late).contains("more than 0 s"));
    }

    #[test]
    fn nothing_runs_after_a_failed_step() {
        let mut place = echo("", 1);
        verdict(&mut place, "$ vfctl a\n$ vfctl b\n");
        assert_eq!(place.asked, ["a"]);
    }

    #[test]
    fn what_is_left_behind_fails_the_scenario_that_left_it() {
        let mut place = Echo { left: true, ..echo("", 0) };
        assert!(why(verdict(&mut place, "$ vfctl a\n")).contains("+ br0"));
    }

    #[test]
    fn an_emulator_that_stands_still_gets_one_more_chance() {
        let mut once = Echo { stalls: 1, ..echo("", 0) };
        assert_eq!(verdict(&mut once, "$ vfctl a\n"), RunResult::Passed);
        let mut twice = Echo { stalls: 2, ..echo("", 0) };
        assert!(why(verdict(&mut twice, "$ vfctl a\n")).contains("stands still"));
    }

    #[test]
    fn the_essence_is_exit_codes_and_plans() {
        let mut place = echo("eth0: 4 VFs\n", 0);
        let transcript =
            run(&mut place, &scenario("$ vfctl plan a\n$ vfctl apply a\nsh: true\n"), Some("pf0"));
        assert_eq!(transcript.essence(), ["$ vfctl plan a: exit 0", "pf0: 4 VFs", "$ vfctl apply a: exit 0"]);
    }
}
