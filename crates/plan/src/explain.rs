//! Explains one thing: where the spec asks for it, which device is meant, what was read and how that is judged,
//! what would be done, and what is claimed of it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_kinds::Asked;
use vfctl_kinds::cluster::Parts;
use vfctl_kinds::document::{PlacedDocument, Selection};
use vfctl_kinds::finding::Finding;
use vfctl_kinds::lane::HostContext;
use vfctl_kinds::pf::{Address, ExplainError, ExplainedPf, explain as explain_address};
use vfctl_kinds::step::Reason;
use vfctl_model::{HostName, RawReading, Reading};
use vfctl_port::{HostFacts, Phase, Property, Subject, Thing, World};

use crate::collect::{Scale, plan_host};
use crate::document::Lane;

/// What would be done to one property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExplainedStep {
    /// When.
    pub phase: Phase,
    /// The value of before.
    pub from: String,
    /// The value of after.
    pub to: String,
    /// Why.
    pub reason: Reason,
    /// The command that a person would type.
    pub command: String,
}

/// The explanation of one property on one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Explanation {
    /// The host.
    pub host: HostName,
    /// What is explained.
    pub subject: String,
    /// The place in the spec, and what it asks for.
    pub spec: String,
    /// Which device is meant, and by what.
    pub selected: String,
    /// What was read, where, and how that is judged.
    pub reading: String,
    /// What stands in the way; then nothing is done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocked: Vec<String>,
    /// What would be done.
    pub steps: Vec<ExplainedStep>,
    /// What is claimed of it in the end.
    pub claims: Vec<String>,
}

/// Explains what the address means on one host: one PF after the other where an entry means several, or entries of
/// several documents have one name.
///
/// # Errors
/// Where the address means nothing, the specs do not mention it, or it is not known which documents concern the host.
pub fn explain(
    documents: &[PlacedDocument<'_>],
    name: &HostName,
    host: &HostFacts,
    world: &World,
    address: &Address,
) -> Result<Vec<Explanation>, ExplainError> {
    let selection = Selection::of(documents, name, world.cluster.as_ref());
    let context = HostContext::new(&selection, host, world, Parts::ALL);
    let explained = explain_address(&context, address)?;
    let plan = plan_host(&selection, host, world, Scale::of(world.hosts.len()), Parts::ALL).plan;
    let mut explanations = Vec::new();
    for pf in &explained {
        let lane = plan.lanes().map(|(_, lane)| lane).find(|lane| lane.thing.pf() == pf.subject.thing.pf());
        let Some(lane) = lane else { continue };
        explanations.extend(
            pf.asked
                .iter()
                .map(|(property, asked)| explain_property(name, world, pf, lane, *property, asked.as_ref())),
        );
    }
    Ok(explanations)
}

fn explain_property(
    host: &HostName,
    world: &World,
    pf: &ExplainedPf,
    lane: &Lane,
    property: Property,
    asked: Option<&Asked>,
) -> Explanation {
    let ExplainedPf { subject, name, selector, origin, asked: _ } = pf;
    let of_subject = lane.steps().flat_map(|step| step.changes.iter().map(move |change| (step, change)));
    let of_subject = of_subject.filter(|(_, change)| change.op.target.thing() == subject.thing);
    // A value may take the VF from its driver and back.
    let concerned =
        of_subject.filter(|(step, _)| step.property == property || step.reason.comes_with(property));
    let steps = concerned.map(|(step, change)| ExplainedStep {
        phase: step.phase,
        from: change.shown_from(),
        to: change.shown_to(),
        reason: step.reason,
        command: change.op.to_string(),
    });
    let problems = &lane.findings.problems;
    let place = asked.map(|asked| &asked.origin);
    let own: Vec<&Finding> =
        problems.iter().filter(|p| p.origin.as_ref() == place && place.is_some()).collect();
    let blocking = if own.is_empty() { problems.iter().take(1).collect() } else { own };
    let blocked: Vec<String> = blocking.into_iter().map(|problem| problem.message.clone()).collect();
    // Where nothing is done, what was found is what is to be.
    let ends = lane.goal.iter().chain(lane.basis.iter().filter(|_| lane.phases.is_empty()));
    let claims = ends.filter(|claim| claim.subject == *subject && claim.property == property);
    let mut claims: Vec<String> = claims.filter(|_| blocked.is_empty()).map(ToString::to_string).collect();
    claims.dedup();
    let device = subject.thing.pf().map_or_else(String::new, ToString::to_string);
    Explanation {
        host: host.clone(),
        subject: format!("{name} {property}"),
        spec: asked
            .map_or_else(|| "nothing".to_owned(), |asked| format!("{}, at {}", asked.value, asked.origin)),
        selected: format!("{} ({device}), by {selector}, at {origin}", lane.title),
        reading: reading(subject, property, world),
        blocked,
        steps: steps.collect(),
        claims,
    }
}

/// Returns what was read, where, and how that is judged.
fn reading(subject: &Subject, property: Property, world: &World) -> String {
    let source = property.row().source;
    match property.read(subject, world) {
        None => "it does not exist yet".to_owned(),
        Some(Reading::Known(Some(value))) => {
            format!("{}, from {source}", property.show(&subject.thing, &value))
        }
        Some(Reading::Known(None)) => format!("none, from {source}"),
        Some(Reading::Unsupported) => match raw(subject, property, world) {
            Some(raw) => {
                format!("{raw}, from {source}; not a real value: the driver does not support this attribute")
            }
            None => "the driver does not report it".to_owned(),
        },
        Some(Reading::Unreadable(why)) => format!("unknown, from {source}: {why}"),
    }
}

/// Returns what the kernel said of an attribute that its driver does not have.
fn raw<'a>(subject: &Subject, property: Property, world: &'a World) -> Option<&'a RawReading> {
    let (Property::Attribute(attribute), Thing::Vf(pf, vf)) = (property, &subject.thing) else { return None };
    let host = world.hosts.get(subject.scope.host()?)?;
    host.physical_functions.get(pf)?.vfs.get(vf)?.attributes.0.get(attribute)
}

/// Writes the explanation for people.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, subject, spec, selected, reading, blocked, steps, claims } = self;
        writeln!(f, "host {host}: {subject}")?;
        writeln!(f, "  spec      {spec}")?;
        writeln!(f, "  selected  {selected}")?;
        writeln!(f, "  reading   {reading}")?;
        for problem in blocked {
            writeln!(f, "  blocked   {problem}")?;
        }
        if steps.is_empty() && blocked.is_empty() {
            writeln!(f, "  step      none")?;
        }
        for ExplainedStep { phase, from, to, reason, command } in steps {
            writeln!(f, "  step      {phase}: {from} -> {to}, because {reason}")?;
            writeln!(f, "            $ {command}")?;
        }
        for claim in claims {
            writeln!(f, "  claim     {claim}")?;
        }
        Ok(())
    }
}
