//! The page about bad days of a cluster: a row for each scenario that has one, made of what the scenario asserts.

use std::fmt::Write;

use crate::scenario::{Action, BadDay, Exit, Scenario, Step};

const HEAD: &str = "\
# Bad days of a cluster

What vfctl does where the API server, the way to it, an account or a node is in trouble. Each row is a scenario that runs against a real
API server: the command ends within its limit, with this exit code and these words. Nothing that is half done goes unreported, and
the next apply finishes the work, after which a plan is empty. What follows `with` is what the scenario does to the requests: the verb
and the resource of those that it befalls, and what happens to them.

This page is generated from the scenarios by `ci/generate.sh`; a test compares it.

";

const TAIL: &str = "
Limits of vfctl itself: 5 s for a connection, 30 s for one request. A request is tried again after 429, 500 and 503, for up to 10 s
after a change and 3 s after a read, and waits as long as `Retry-After` asks where that is within these. A change whose connection
was lost is not sent again: what became of it is read.
";

/// The page.
pub fn page(scenarios: &[Scenario]) -> String {
    let mut text = HEAD.to_owned();
    for scenario in scenarios {
        let Some(BadDay { what, next }) = &scenario.bad_day else { continue };
        let _ = writeln!(text, "## {what}\n");
        let mut trouble = None;
        for step in &scenario.steps {
            if let Action::Front(words) = &step.action {
                trouble = Some(words.as_str()).filter(|words| *words != "well");
            }
            row(step, trouble, &mut text);
        }
        let _ = writeln!(text, "The next apply: {next}.\n\nScenario: `{}`\n", scenario.name);
    }
    text.truncate(text.trim_end().len());
    format!("{text}\n{TAIL}")
}

fn row(step: &Step, trouble: Option<&str>, text: &mut String) {
    let (Some(limit), Action::Vfctl(arguments)) = (step.limit, &step.action) else { return };
    // Where the cluster is, is the reader's own business.
    let words = arguments.split(" --only ").next().and_then(|words| words.split(" --kubeconfig ").next());
    let command = words.unwrap_or(arguments);
    let code = match step.checks.exit {
        Exit::Code(code) => code.to_string(),
        Exit::Any => "any".to_owned(),
    };
    let trouble = trouble.map_or_else(String::new, |words| format!(", with `{words}`,"));
    let limit = limit.as_secs();
    let _ =
        writeln!(text, "`vfctl {command}`{trouble} ends within {limit} s with exit code {code} and says:\n");
    let _ = writeln!(text, "```text");
    for has in &step.checks.has {
        let _ = writeln!(text, "{has}");
    }
    let _ = writeln!(text, "```\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::files::{Needs, read_all};
    use std::path::Path;

    #[test]
    fn the_page_of_bad_days_is_up_to_date() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let scenarios = read_all(&[folder.join("scenarios")], Needs::Cluster).unwrap();
        assert!(scenarios.iter().filter(|scenario| scenario.bad_day.is_some()).count() > 5);
        let (path, page) = (folder.join("../docs/bad-days.md"), page(&scenarios));
        if std::env::var_os("VFCTL_BLESS").is_some() {
            std::fs::write(&path, &page).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == page, "docs/bad-days.md is not what the scenarios say: run ci/generate.sh");
    }
}
