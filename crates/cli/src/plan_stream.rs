//! A plan file that is written as it comes, host by host: the same bytes as of the whole [`Plan`](vfctl_plan::Plan).

use std::io::{self, Write};

use vfctl_model::HostName;
use vfctl_plan::{Failure, Made, PlanFormat, PlanSummary, ScopePlan};

/// How far a plan file is written.
#[derive(Debug)]
pub(crate) struct PlanStream {
    made: Option<Made>,
    hosts: usize,
}

/// What comes after the hosts.
pub(crate) struct PlanEnd<'a> {
    /// The plan of the cluster, in the words of [`scope_json`].
    pub(crate) cluster: Option<&'a str>,
    /// Why there is no plan for some hosts.
    pub(crate) errors: &'a [Failure],
    /// All of it at a glance.
    pub(crate) summary: PlanSummary,
}

impl PlanStream {
    /// Returns a plan that is not yet written.
    pub(crate) fn new(made: Option<Made>) -> Self {
        Self { made, hosts: 0 }
    }

    /// Begins anew.
    pub(crate) fn restart(&mut self) {
        self.hosts = 0;
    }

    /// Returns whether a host was written.
    pub(crate) fn is_begun(&self) -> bool {
        self.hosts > 0
    }

    /// Writes the plan of a host, in the words of [`scope_json`].
    pub(crate) fn host(&mut self, out: &mut dyn Write, name: &HostName, plan: &str) -> io::Result<()> {
        let before = if self.hosts == 0 { format!("{}{{", self.begin()?) } else { ",".to_owned() };
        self.hosts += 1;
        // In one piece: standard output writes out each line by itself.
        out.write_all(format!("{before}\n    {}: {}", json(name)?, plan.replace('\n', "\n    ")).as_bytes())
    }

    /// Writes what comes after the hosts.
    pub(crate) fn finish(self, out: &mut dyn Write, end: &PlanEnd<'_>) -> io::Result<()> {
        let PlanEnd { cluster, errors, summary } = end;
        let mut text = if self.hosts == 0 { format!("{}{{}}", self.begin()?) } else { "\n  }".to_owned() };
        if let Some(plan) = cluster {
            text.push_str(&field("cluster", plan));
        }
        if !errors.is_empty() {
            text.push_str(&field("errors", &json(errors)?));
        }
        text.push_str(&field("summary", &json(summary)?));
        text.push_str("\n}\n");
        out.write_all(text.as_bytes())
    }

    /// Returns what comes before the hosts.
    fn begin(&self) -> io::Result<String> {
        let made = self.made.as_ref().map(|made| Ok::<_, io::Error>(field("made", &json(made)?)));
        let made = made.transpose()?.unwrap_or_default();
        Ok(format!("{{\n  \"format\": {}{made}{}", json(&PlanFormat::V1)?, field("hosts", "")))
    }
}

/// Returns the plan of one scope as JSON, as it stands at the left margin.
pub(crate) fn scope_json(plan: &ScopePlan) -> io::Result<String> {
    json(plan)
}

/// Returns another field of the plan.
fn field(name: &str, json: &str) -> String {
    format!(",\n  \"{name}\": {}", json.replace('\n', "\n  "))
}

fn json<T: serde::Serialize + ?Sized>(value: &T) -> io::Result<String> {
    Ok(serde_json::to_string_pretty(value)?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use vfctl_plan::Plan;

    use super::*;

    fn streamed(plan: &Plan) -> String {
        let (mut out, mut stream) = (Vec::new(), PlanStream::new(plan.made.clone()));
        for (name, host) in &plan.hosts {
            stream.host(&mut out, name, &scope_json(host).expect("JSON")).expect("memory");
        }
        let cluster = plan.cluster.as_ref().map(|plan| scope_json(plan).expect("JSON"));
        let end = PlanEnd { cluster: cluster.as_deref(), errors: &plan.errors, summary: plan.summary() };
        stream.finish(&mut out, &end).expect("memory");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn bytes_are_those_of_the_whole_plan() {
        let scope = |document: &str| ScopePlan { documents: vec![document.to_owned()], ..Default::default() };
        let host = |name: &str, document: &str| (name.parse().expect("a name"), scope(document));
        let made = Made { vfctl: "1".to_owned(), time: "now".to_owned(), specs: Vec::new() };
        let failure = Failure { message: "read it".to_owned(), help: None };
        let hosts = [vec![], vec![host("a", "x")], vec![host("a", "x"), host("b\"\\", "two\nlines")]];
        for hosts in hosts {
            for (cluster, made, errors) in
                [(None, None, vec![]), (Some(scope("y")), Some(made.clone()), vec![failure.clone()])]
            {
                let plan = Plan::new(hosts.iter().cloned().collect::<BTreeMap<_, _>>(), cluster);
                let plan = Plan { made, errors, ..plan };
                let whole = serde_json::to_string_pretty(&plan).expect("JSON");
                assert_eq!(streamed(&plan), format!("{whole}\n"));
                assert_eq!(serde_json::from_str::<Plan>(&whole).expect("a plan"), plan);
            }
        }
    }
}
