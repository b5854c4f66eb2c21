//! A plan file that is written as it comes, host by host: the same bytes as of the whole [`Plan`](vfctl_plan::Plan).

use std::io::{self, Write};

use vfctl_model::HostName;
use vfctl_plan::{PlanFormat, ScopePlan};

/// How far a plan file is written.
#[derive(Debug, Default)]
pub(crate) struct PlanStream {
    hosts: usize,
}

impl PlanStream {
    /// Writes the plan of a host, in the words of [`scope_json`].
    pub(crate) fn host(&mut self, out: &mut dyn Write, name: &HostName, plan: &str) -> io::Result<()> {
        let before = if self.hosts == 0 { format!("{}{{", begin()?) } else { ",".to_owned() };
        self.hosts += 1;
        // In one piece: standard output writes out each line by itself.
        out.write_all(format!("{before}\n    {}: {}", json(name)?, plan.replace('\n', "\n    ")).as_bytes())
    }

    /// Writes the end, with the plan of the cluster where there is one.
    pub(crate) fn finish(self, out: &mut dyn Write, cluster: Option<&str>) -> io::Result<()> {
        let mut text = if self.hosts == 0 { format!("{}{{}}", begin()?) } else { "\n  }".to_owned() };
        if let Some(plan) = cluster {
            text.push_str(&format!(",\n  \"cluster\": {}", plan.replace('\n', "\n  ")));
        }
        text.push_str("\n}\n");
        out.write_all(text.as_bytes())
    }
}

/// Returns the plan of one scope as JSON, as it stands at the left margin.
pub(crate) fn scope_json(plan: &ScopePlan) -> io::Result<String> {
    Ok(serde_json::to_string_pretty(plan)?)
}

/// Returns what comes before the hosts.
fn begin() -> io::Result<String> {
    Ok(format!("{{\n  \"format\": {},\n  \"hosts\": ", json(&PlanFormat::V1)?))
}

fn json<T: serde::Serialize>(value: &T) -> io::Result<String> {
    Ok(serde_json::to_string(value)?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use vfctl_plan::Plan;

    use super::*;

    fn streamed(plan: &Plan) -> String {
        let (mut out, mut stream) = (Vec::new(), PlanStream::default());
        for (name, host) in &plan.hosts {
            stream.host(&mut out, name, &scope_json(host).expect("JSON")).expect("memory");
        }
        let cluster = plan.cluster.as_ref().map(|plan| scope_json(plan).expect("JSON"));
        stream.finish(&mut out, cluster.as_deref()).expect("memory");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn bytes_are_those_of_the_whole_plan() {
        let scope = |document: &str| ScopePlan { documents: vec![document.to_owned()], ..Default::default() };
        let host = |name: &str, document: &str| (name.parse().expect("a name"), scope(document));
        let hosts = [vec![], vec![host("a", "x")], vec![host("a", "x"), host("b\"\\", "two\nlines")]];
        for hosts in hosts {
            for cluster in [None, Some(scope("y"))] {
                let plan = Plan::new(hosts.iter().cloned().collect::<BTreeMap<_, _>>(), cluster);
                let whole = serde_json::to_string_pretty(&plan).expect("JSON");
                assert_eq!(streamed(&plan), format!("{whole}\n"));
            }
        }
    }
}
