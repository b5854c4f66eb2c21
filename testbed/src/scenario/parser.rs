//! From a scenario file's text to a [`Scenario`].

use std::path::Path;
use std::time::Duration;

use super::clusters;
use super::files::{ScenarioError, name_of};
use super::hand;
use super::script::{Action, Checks, Exit, On, Only, Scenario, Step};
use crate::cluster::fault;
use crate::image::Userland;

/// Parses a scenario; `path` names it.
///
/// # Errors
///
/// At the first line that says nothing known, and when the whole does not fit
/// together.
pub fn parse(text: &str, path: &Path) -> Result<Scenario, ScenarioError> {
    let mut parser = Parser::default();
    for (number, line) in (1..).zip(text.lines()) {
        parser.line(number, line).map_err(|why| ScenarioError::Line {
            path: path.to_owned(),
            line: number,
            why,
        })?;
    }
    parser.finish(name_of(path)).map_err(|why| ScenarioError::Head { path: path.to_owned(), why })
}

#[derive(Default)]
struct Parser {
    title: Option<String>,
    on: Option<On>,
    only: Option<Only>,
    guest: Option<Userland>,
    cluster: Option<clusters::Wanted>,
    bad_day: Option<String>,
    next: Option<String>,
    steps: Vec<Step>,
}

impl Parser {
    fn line(&mut self, number: usize, line: &str) -> Result<(), String> {
        if let Some(text) = line.trim_start().strip_prefix('|') {
            return self.more(text.strip_prefix(' ').unwrap_or(text));
        }
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if let Some((worker, rest)) = line.strip_prefix("on worker-").and_then(|rest| rest.split_once(':')) {
            let worker = worker.parse().map_err(|_| format!("`{worker}` is no number of a worker"))?;
            return self
                .line(number, rest)
                .and_then(|()| self.marked(number, |step| step.worker = Some(worker)));
        }
        if let Some((limit, rest)) = line.strip_prefix("await ").and_then(|rest| rest.split_once(':')) {
            let limit = limit.parse().map_err(|_| format!("`{limit}` is no number of seconds"))?;
            let within = Some(Duration::from_secs(limit));
            return self.line(number, rest).and_then(|()| self.marked(number, |step| step.within = within));
        }
        if let Some((limit, rest)) = line.strip_prefix("within ").and_then(|rest| rest.split_once(": $ ")) {
            let limit = limit.parse().map_err(|_| format!("`{limit}` is no number of seconds"))?;
            let limit = Some(Duration::from_secs(limit));
            return self
                .line(number, &format!("$ {rest}"))
                .and_then(|()| self.marked(number, |step| step.limit = limit));
        }
        if let Some(name) = line.strip_prefix("file ").and_then(|rest| rest.strip_suffix(':')) {
            self.step(number, Action::File { name: plain_name(name)?, text: String::new() });
            return Ok(());
        }
        for (prompt, action) in [("$& vfctl ", Action::Start as fn(_) -> _), ("$ vfctl ", Action::Vfctl)] {
            if let Some(arguments) = line.strip_prefix(prompt) {
                self.step(number, action(plain_arguments(arguments)?));
                return Ok(());
            }
        }
        if let Some(code) = line.strip_prefix("exit ") {
            return self.exit(code);
        }
        match line {
            "readings" => self.step(number, Action::Readings),
            "interrupt" => self.step(number, Action::Interrupt),
            "wait" => self.step(number, Action::Wait),
            _ => return self.keyword(number, line),
        }
        Ok(())
    }

    /// `keyword: rest`
    fn keyword(&mut self, number: usize, line: &str) -> Result<(), String> {
        let (keyword, rest) = line.split_once(':').ok_or_else(|| format!("`{line}` is no step"))?;
        let rest = rest.trim();
        match keyword {
            "has" => self.checks()?.has.push(some(keyword, rest)?),
            "not" => self.checks()?.not.push(some(keyword, rest)?),
            "sh" => self.step(number, Action::Shell(rest.to_owned())),
            "kubectl" => self.step(number, Action::Kubectl(some(keyword, rest)?)),
            "api" => {
                let words = clusters::front(rest).ok_or_else(|| {
                    format!("nothing of the API server is `{rest}`; known: {}", fault::WORDS)
                })?;
                self.step(number, Action::Front(words));
            }
            "by hand" if hand::is_known(rest) => self.step(number, Action::Hand(rest.to_owned())),
            "by hand" => {
                return Err(format!("nothing by hand is `{rest}`; known: {}", hand::like(rest).join("; ")));
            }
            _ if !self.steps.is_empty() => return Err(format!("`{keyword}:` after the first step")),
            "title" => once(&mut self.title, keyword, some(keyword, rest)?)?,
            "on" => once(&mut self.on, keyword, on(rest)?)?,
            "kernel-only" => once(&mut self.only, keyword, Only::Kernel(some(keyword, rest)?))?,
            "sim-only" => once(&mut self.only, keyword, Only::Simulator(some(keyword, rest)?))?,
            "cluster" => once(&mut self.cluster, keyword, workers(rest)?)?,
            "bad day" => once(&mut self.bad_day, keyword, some(keyword, rest)?)?,
            "next" => once(&mut self.next, keyword, some(keyword, rest)?)?,
            "guest" => once(&mut self.guest, keyword, userland(rest)?)?,
            _ => return Err(format!("`{keyword}:` is unknown")),
        }
        Ok(())
    }

    fn exit(&mut self, code: &str) -> Result<(), String> {
        if code != "any" {
            let code = code.parse().map_err(|_| format!("`{code}` is neither an exit code nor `any`"))?;
            self.checks()?.exit = Exit::Code(code);
            return Ok(());
        }
        match self.steps.last_mut() {
            Some(Step { action: Action::Vfctl(_) | Action::Hand(_), checks, .. }) => {
                checks.exit = Exit::Any;
                Ok(())
            }
            _ => Err("`exit any` belongs below `$ vfctl` or `by hand:`".to_owned()),
        }
    }

    /// A line of the file or of the shell command above.
    fn more(&mut self, line: &str) -> Result<(), String> {
        match self.steps.last_mut().map(|step| &mut step.action) {
            Some(Action::File { text, .. } | Action::Shell(text)) => {
                text.push_str(line);
                text.push('\n');
                Ok(())
            }
            _ => Err("a `|` line belongs below `file NAME:` or `sh:`".to_owned()),
        }
    }

    fn step(&mut self, line: usize, action: Action) {
        let checks = Checks::default();
        self.steps.push(Step { line, action, worker: None, within: None, limit: None, checks });
    }

    /// What a prefix says of the step that follows it in the same line.
    fn marked(&mut self, line: usize, mark: impl FnOnce(&mut Step)) -> Result<(), String> {
        let step = self.steps.last_mut().filter(|step| step.line == line);
        step.map(mark).ok_or_else(|| "no step follows".to_owned())
    }

    fn checks(&mut self) -> Result<&mut Checks, String> {
        match self.steps.last_mut() {
            Some(Step {
                action: Action::Vfctl(_) | Action::Wait | Action::Shell(_) | Action::Kubectl(_),
                checks,
                ..
            }) => Ok(checks),
            Some(Step { action: Action::Readings, .. }) => {
                Err("readings are compared as a whole, not checked by lines".to_owned())
            }
            _ => Err("nothing above has an exit code and an output".to_owned()),
        }
    }

    fn finish(self, name: String) -> Result<Scenario, String> {
        let Self { title, on, mut only, guest, cluster, bad_day, next, steps } = self;
        let bad_day = clusters::bad_day(bad_day, next, &steps).map_err(|error| error.to_string())?;
        let title = title.ok_or("`title:` is missing")?;
        if let Some(clusters::Wanted { count, is_bare }) = cluster {
            if on.is_some() || only.is_some() || guest.is_some() {
                return Err("`cluster:` says where it runs: nothing else does".to_owned());
            }
            if let Some(flaw) = clusters::flaw(count, &steps) {
                return Err(flaw);
            }
            let (on, guest, cluster) = (On::Lab, Userland::default(), Some(count));
            return Ok(Scenario { name, title, on, only: None, guest, cluster, is_bare, bad_day, steps });
        }
        let on = on.ok_or("`on:` is missing")?;
        if steps.is_empty() {
            return Err("it has no steps".to_owned());
        }
        if guest.is_some() {
            match only {
                None => only = Some(Only::Kernel("it needs what the Debian guest runs".to_owned())),
                Some(Only::Kernel(_)) => {}
                Some(Only::Simulator(_)) => {
                    return Err("`guest:` and `sim-only:` exclude each other".to_owned());
                }
            }
        }
        for step in &steps {
            if step.worker.is_some() || matches!(step.action, Action::Kubectl(_)) {
                return Err(format!("line {} needs a cluster: say `cluster: 1 worker`", step.line));
            }
            let needs_kernel = matches!(step.action, Action::Start(_) | Action::Interrupt | Action::Wait);
            if needs_kernel && !matches!(only, Some(Only::Kernel(_))) {
                return Err(format!("line {} runs in the guest alone: say `kernel-only:` why", step.line));
            }
            let needs_simulator = matches!(&step.action, Action::Hand(words) if hand::is_fault(words));
            if needs_simulator && !matches!(only, Some(Only::Simulator(_))) {
                return Err(format!("line {} runs on the simulator alone: say `sim-only:` why", step.line));
            }
        }
        let only_shell = !steps
            .iter()
            .any(|step| matches!(step.action, Action::Vfctl(_) | Action::Wait | Action::Readings));
        if only_shell && !matches!(only, Some(Only::Kernel(_))) {
            return Err("without vfctl the simulator has nothing to check: say `kernel-only:` why".to_owned());
        }
        if bad_day.is_some() {
            return Err("`bad day:` is of a scenario in a cluster".to_owned());
        }
        let guest = guest.unwrap_or_default();
        Ok(Scenario { name, title, on, only, guest, cluster: None, is_bare: false, bad_day, steps })
    }
}

fn workers(rest: &str) -> Result<clusters::Wanted, String> {
    clusters::workers(rest)
        .ok_or_else(|| format!("`{rest}` is no number of workers: `no workers`, `1 worker`, `1 bare worker`"))
}

fn once<T>(place: &mut Option<T>, keyword: &str, value: T) -> Result<(), String> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(format!("`{keyword}:` or its opposite is said twice")),
    }
}

fn some(keyword: &str, rest: &str) -> Result<String, String> {
    if rest.is_empty() { Err(format!("`{keyword}:` says nothing")) } else { Ok(rest.to_owned()) }
}

fn on(rest: &str) -> Result<On, String> {
    let roles: Vec<String> = rest.split_whitespace().map(str::to_owned).collect();
    match roles.as_slice() {
        [] => Err("`on:` names no role".to_owned()),
        [lab] if lab == "lab" => Ok(On::Lab),
        _ => Ok(On::Roles(roles)),
    }
}

/// The small guest is where scenarios run that say nothing.
fn userland(rest: &str) -> Result<Userland, String> {
    match rest {
        "debian" => Ok(Userland::Debian),
        _ => Err(format!("there is no guest `{rest}` to ask for; known: debian")),
    }
}

fn plain_name(name: &str) -> Result<String, String> {
    let plain = name.chars().all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter));
    if plain && !name.starts_with('.') {
        Ok(name.to_owned())
    } else {
        Err(format!("`{name}` is no file name"))
    }
}

/// vfctl's arguments, and `> name` at most: the simulator has no shell.
fn plain_arguments(arguments: &str) -> Result<String, String> {
    match arguments.chars().find(|letter| "|;&`<".contains(*letter)) {
        Some(letter) => Err(format!("`{letter}` has no place after vfctl")),
        None => Ok(arguments.trim().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "title: t\non: pf0\n";

    fn parse_text(text: &str) -> Result<Scenario, String> {
        parse(text, Path::new("some/folder/name.scenario")).map_err(|error| error.to_string())
    }

    fn steps(body: &str) -> Vec<Step> {
        parse_text(&format!("{HEAD}{body}")).unwrap().steps
    }

    fn error(body: &str) -> String {
        parse_text(&format!("{HEAD}{body}")).unwrap_err()
    }

    #[test]
    fn the_head_names_claim_and_roles() {
        let scenario =
            parse_text("title: a: b\non: pf0 nsim0\nkernel-only: no carrier there\nsh: true\n").unwrap();
        assert_eq!(scenario.name, "name");
        assert_eq!(scenario.title, "a: b");
        assert_eq!(scenario.on.runs(), [Some("pf0"), Some("nsim0")]);
        assert_eq!(scenario.only, Some(Only::Kernel("no carrier there".to_owned())));
    }

    #[test]
    fn a_file_keeps_its_indentation() {
        let steps = steps("file a.yaml:\n  | spec:\n  |   vfs: 4\n  |\n$ vfctl plan a.yaml\nexit 2\n");
        assert_eq!(
            steps[0].action,
            Action::File { name: "a.yaml".to_owned(), text: "spec:\n  vfs: 4\n\n".to_owned() }
        );
        assert_eq!(steps[1].action, Action::Vfctl("plan a.yaml".to_owned()));
        assert_eq!(steps[1].checks.exit, Exit::Code(2));
        assert_eq!(steps[1].line, 7);
    }

    #[test]
    fn checks_belong_to_the_step_above() {
        let steps = steps("$ vfctl plan a.yaml\nhas: one: two\nnot: three\nby hand: rescan\nreadings\n");
        assert_eq!(steps[0].checks.has, ["one: two"]);
        assert_eq!(steps[0].checks.not, ["three"]);
        assert_eq!(steps[2].action, Action::Readings);
    }

    #[test]
    fn how_a_step_ends_can_be_left_to_the_places() {
        let steps = steps("by hand: rescan\nexit any\n$ vfctl plan a.yaml\nexit any\n");
        assert_eq!(steps[0].checks.exit, Exit::Any);
        assert_eq!(steps[1].checks.exit, Exit::Any);
        assert!(error("readings\nexit any\n").contains("belongs below"));
        assert!(error("$ vfctl plan a.yaml\nexit some\n").contains("neither"));
    }

    #[test]
    fn a_check_of_nothing_is_refused() {
        assert!(error("has: x\n").contains("nothing above"));
        assert!(error("by hand: rescan\nexit 1\n").contains("nothing above"));
        assert!(error("readings\nhas: x\n").contains("compared as a whole"));
        assert!(error("$ vfctl plan a\nhas:\n").contains("says nothing"));
    }

    #[test]
    fn what_runs_in_one_place_alone_must_say_so() {
        assert!(error("$& vfctl apply a --yes\nwait\n").contains("kernel-only"));
        assert!(error("by hand: fault set-vf refuse\n$ vfctl plan a\n").contains("sim-only"));
        assert!(error("sh: true\n").contains("kernel-only"));
    }

    #[test]
    fn a_guest_that_is_asked_for_is_no_simulator() {
        let scenario = parse_text(&format!("{HEAD}guest: debian\n$ vfctl plan a\n")).unwrap();
        assert_eq!(scenario.guest, Userland::Debian);
        assert!(matches!(scenario.only, Some(Only::Kernel(_))), "{scenario:?}");
        assert!(error("guest: debian\nsim-only: no reason\nreadings\n").contains("exclude"));
        assert!(error("guest: suse\nreadings\n").contains("known: debian"));
    }

    #[test]
    fn a_step_says_in_which_worker_it_happens_and_how_long_it_may_take_to_come_true() {
        let body = "kubectl: get pods\nhas: a\non worker-2: await 9: sh: true\n";
        let scenario = parse_text(&format!("title: t\ncluster: 2 workers\n{body}")).unwrap();
        assert_eq!((scenario.cluster, scenario.on), (Some(2), On::Lab));
        assert_eq!(scenario.steps[0].action, Action::Kubectl("get pods".to_owned()));
        assert_eq!(scenario.steps[1].worker, Some(2));
        assert_eq!(scenario.steps[1].within, Some(Duration::from_secs(9)));
        assert!(error("kubectl: get pods\n").contains("needs a cluster"));
        assert!(error("cluster: 1 worker\nsh: true\n").contains("nothing else"));
        assert!(parse_text("title: t\ncluster: 1 worker\non worker-2: sh: true\n").is_err());
        let bare = parse_text("title: t\ncluster: 1 bare worker\nsh: true\n").unwrap();
        assert_eq!((bare.cluster, bare.is_bare), (Some(1), true));
        assert!(parse_text("title: t\ncluster: no bare workers\nkubectl: get ns\n").is_err());
        assert!(parse_text("title: t\ncluster: many\nsh: true\n").is_err());
        assert!(parse_text("title: t\ncluster: 0 workers\nsh: true\n").is_err());
    }

    #[test]
    fn unknown_words_are_refused_with_the_known_ones() {
        assert!(error("by hand: count ${pf}\n").contains("count DEV COUNT"));
        assert!(error("retry: 3\n").contains("unknown"));
        assert!(error("do something\n").contains("no step"));
        assert!(error("$ vfctl plan a | grep b\n").contains("no place"));
        assert!(error("file ../a:\n").contains("no file name"));
    }

    #[test]
    fn a_scenario_without_claim_or_steps_is_refused() {
        assert!(parse_text("on: pf0\nreadings\n").unwrap_err().contains("`title:` is missing"));
        assert!(error("").contains("no steps"));
        assert!(parse_text("title: a\ntitle: b\n").unwrap_err().contains("twice"));
    }
}
