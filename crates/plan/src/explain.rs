//! Explains one thing: where the spec asks for it, which device is meant, what was read and how that is judged,
//! what would be done, and what is claimed of it.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_kinds::desired::{DesiredPf, DesiredVf, Wanted};
use vfctl_kinds::driver::DriverRow;
use vfctl_kinds::finding::Finding;
use vfctl_kinds::pf::CountSpec;
use vfctl_kinds::setting::Setting;
use vfctl_kinds::step::{Reason, Step};
use vfctl_kinds::vf::{self, DriverSpec};
use vfctl_model::{HostName, Reading, VfAttribute, VfIndex};
use vfctl_port::{HostFacts, PfFacts, Phase, Property, Subject, VfFacts};

use crate::collect::plan_host;
use crate::document::Lane;
use crate::resolve::{Source, resolve};

/// What is to be explained: `pf/NAME[/vf/N][/PROPERTY]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The spec's name of the PF, or its interface.
    pub pf: String,
    /// The VF; `None` where the PF itself is meant.
    pub vf: Option<VfIndex>,
    /// The property; `None` for all.
    pub property: Option<Property>,
}

/// Why an address explains nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExplainError {
    /// It is not of the form.
    #[error("it is not of the form pf/NAME, pf/NAME/PROPERTY, pf/NAME/vf/N or pf/NAME/vf/N/PROPERTY")]
    Form,
    /// No entry of the specs is called so.
    #[error("no physicalFunctions entry that matches here is called so; there are: {names}")]
    NoSuchPf {
        /// The entries there are.
        names: String,
    },
    /// There is nothing to explain.
    #[error("no document concerns this host, or none of their entries matches a PF here; see `vfctl plan`")]
    NothingHere,
    /// There is no such property.
    #[error("there is no property `{word}`; there are {known}")]
    NoSuchProperty {
        /// The word.
        word: String,
        /// The properties there are.
        known: String,
    },
    /// It belongs to the other of PF and VF.
    #[error("{word} is {of}: ask for {form}")]
    Misplaced {
        /// The word.
        word: String,
        /// Whose it is.
        of: &'static str,
        /// How it is asked for.
        form: &'static str,
    },
    /// There will be no such VF.
    #[error("there will be {count} VFs, counted from 0")]
    NoSuchVf {
        /// How many there will be.
        count: u16,
    },
    /// Nothing is said of it.
    #[error("the specs say nothing of it; name a property to see its reading")]
    NothingSaid,
}

/// What would be done to one property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExplainedStep {
    /// When.
    pub phase: Phase,
    /// The value of before; `None` where nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
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

impl FromStr for Address {
    type Err = ExplainError;

    fn from_str(text: &str) -> Result<Self, ExplainError> {
        let property = |word: &str| match word {
            "count" => Ok(Property::VfCount),
            "adminState" => Ok(Property::Up),
            word => word.parse().map_err(|_| {
                let attributes = VfAttribute::ALL.iter().map(|attribute| attribute.key());
                let known = ["count", "adminState", "mtu", "driversAutoprobe", "driver"]
                    .into_iter()
                    .chain(attributes);
                ExplainError::NoSuchProperty {
                    word: word.to_owned(),
                    known: known.collect::<Vec<_>>().join(", "),
                }
            }),
        };
        let vf = |text: &str| text.parse().map(Some).map_err(|_| ExplainError::Form);
        let (pf, vf, property) = match text.split('/').collect::<Vec<_>>().as_slice() {
            ["pf", pf] => (*pf, None, None),
            ["pf", pf, "vf", index] => (*pf, vf(index)?, None),
            ["pf", pf, "vf", index, word] => (*pf, vf(index)?, Some(property(word)?)),
            ["pf", pf, word] => (*pf, None, Some(property(word)?)),
            _ => return Err(ExplainError::Form),
        };
        let misplaced = match (&property, vf) {
            (Some(Property::Attribute(_) | Property::Driver), None) => {
                Some(("of a VF", "pf/NAME/vf/N/PROPERTY"))
            }
            (Some(Property::VfCount | Property::Up | Property::DriversAutoprobe), Some(_)) => {
                Some(("of the PF", "pf/NAME/PROPERTY"))
            }
            _ => None,
        };
        if let (Some((of, form)), Some(property)) = (misplaced, &property) {
            return Err(ExplainError::Misplaced { word: property.word(), of, form });
        }
        Ok(Self { pf: pf.to_owned(), vf, property })
    }
}

/// Explains what the address means on one host: one PF after the other where an entry means several, or entries of
/// several documents have one name.
///
/// # Errors
/// Where the address means nothing, or the specs say nothing of it.
pub fn explain(
    sources: &[Source<'_>],
    name: &HostName,
    host: &HostFacts,
    address: &Address,
) -> Result<Vec<Explanation>, ExplainError> {
    let desired = resolve(sources, name, host);
    let interface = |pf: &DesiredPf| {
        let netdev = host.physical_functions.get(&pf.address).and_then(|facts| facts.netdev.as_ref());
        netdev.map(|netdev| netdev.name.to_string())
    };
    let meant = |pf: &&DesiredPf| {
        pf.name.rsplit('/').next() == Some(&address.pf) || interface(pf).as_deref() == Some(&address.pf)
    };
    let pfs: Vec<&DesiredPf> = desired.pfs.values().filter(meant).collect();
    if desired.pfs.is_empty() {
        return Err(ExplainError::NothingHere);
    }
    if pfs.is_empty() {
        let names: BTreeSet<&str> =
            desired.pfs.values().filter_map(|pf| pf.name.rsplit('/').next()).collect();
        return Err(ExplainError::NoSuchPf { names: names.into_iter().collect::<Vec<_>>().join(", ") });
    }
    let plan = plan_host(sources, name, host);
    let mut explanations = Vec::new();
    let mut error = ExplainError::NothingSaid;
    for pf in pfs {
        let lane = plan.lanes.iter().find(|lane| lane.pf == pf.address);
        let (Some(lane), Some(facts)) = (lane, host.physical_functions.get(&pf.address)) else { continue };
        match wishes(pf, lane, address) {
            Ok(wishes) => explanations
                .extend(wishes.into_iter().map(|wish| wish.explain(name, pf, lane, facts, address.vf))),
            Err(cause) => error = cause,
        }
    }
    if explanations.is_empty() { Err(error) } else { Ok(explanations) }
}

/// Returns what is to be explained of one PF.
fn wishes(pf: &DesiredPf, lane: &Lane, address: &Address) -> Result<Vec<Wish>, ExplainError> {
    let mut wishes = match address.vf {
        None => pf_wishes(pf),
        Some(index) if index.0 >= lane.vf_count => {
            return Err(ExplainError::NoSuchVf { count: lane.vf_count });
        }
        Some(index) => pf.vfs.get(&index).map(vf_wishes).unwrap_or_default(),
    };
    if let Some(property) = &address.property {
        wishes.retain(|wish| wish.property == *property);
        if wishes.is_empty() {
            wishes.push(Wish { property: property.clone(), value: None, origin: String::new() });
        }
    }
    Ok(wishes)
}

/// One thing that the spec asks for.
struct Wish {
    property: Property,
    value: Option<String>,
    origin: String,
}

impl Wish {
    fn new<T>(property: Property, wanted: &Wanted<T>, value: String) -> Self {
        Self { property, value: Some(value), origin: wanted.origin.to_string() }
    }

    fn explain(
        self,
        host: &HostName,
        pf: &DesiredPf,
        lane: &Lane,
        facts: &PfFacts,
        vf: Option<VfIndex>,
    ) -> Explanation {
        let Self { property, value, origin } = self;
        let subject =
            vf.map_or_else(|| Subject::Pf(pf.address.clone()), |vf| Subject::Vf(pf.address.clone(), vf));
        // A MAC address may take the VF from its driver and back.
        let brings_along = |step: &&Step| {
            step.reason == Reason::MacNeedsRebind && property == Property::Attribute(VfAttribute::MacAddress)
        };
        let concerned = lane.steps().filter(|step| step.property == property || brings_along(step));
        let changes = concerned.flat_map(|step| {
            let of_subject = step.changes.iter().filter(|change| change.vf == vf);
            of_subject.map(|change| ExplainedStep {
                phase: step.phase,
                from: change.from.clone(),
                to: change.to.clone(),
                reason: step.reason,
                command: change.op.to_string(),
            })
        });
        let claims = lane.goal.iter().filter(|claim| claim.subject == subject && claim.property == property);
        let reading = match vf {
            None => pf_reading(facts, &property),
            Some(index) => vf_reading(facts, index, &property),
        };
        let problems = &lane.findings.problems;
        let own: Vec<&Finding> = problems.iter().filter(|p| p.origin.as_deref() == Some(&origin)).collect();
        let blocking = if own.is_empty() { problems.iter().take(1).collect() } else { own };
        let blocked: Vec<String> = blocking.into_iter().map(|problem| problem.message.clone()).collect();
        let claims: Vec<String> = claims.filter(|_| blocked.is_empty()).map(ToString::to_string).collect();
        Explanation {
            host: host.clone(),
            subject: format!(
                "{} {}{}",
                pf.name,
                vf.map_or(String::new(), |vf| format!("vf {vf} ")),
                property.word()
            ),
            spec: value.map_or_else(|| "nothing".to_owned(), |value| format!("{value}, at {origin}")),
            selected: format!("{} ({}), by {}, at {}", lane.title(), pf.address, pf.selector, pf.origin),
            reading,
            blocked,
            steps: changes.collect(),
            claims,
        }
    }
}

fn pf_wishes(pf: &DesiredPf) -> Vec<Wish> {
    let DesiredPf { admin_state, mtu, count, drivers_autoprobe, .. } = pf;
    let count_text = |count: &CountSpec| match count {
        CountSpec::Number(count) => count.to_string(),
        CountSpec::Wish { want, at_most: _ } => format!("{want}, at most what the device offers"),
    };
    let wishes = [
        admin_state.as_ref().map(|wanted| Wish::new(Property::Up, wanted, wanted.value.to_string())),
        mtu.as_ref().map(|wanted| Wish::new(Property::Mtu, wanted, setting_text(&wanted.value))),
        count.as_ref().map(|wanted| Wish::new(Property::VfCount, wanted, count_text(&wanted.value))),
        drivers_autoprobe
            .as_ref()
            .map(|wanted| Wish::new(Property::DriversAutoprobe, wanted, wanted.value.to_string())),
    ];
    wishes.into_iter().flatten().collect()
}

fn vf_wishes(vf: &DesiredVf) -> Vec<Wish> {
    let DesiredVf { attributes, driver, mtu } = vf;
    let driver_text = |driver: &DriverSpec| match driver {
        DriverSpec::Default => "default".to_owned(),
        DriverSpec::None => "none".to_owned(),
        DriverSpec::Named(name) => name.to_string(),
    };
    let attributes = attributes.iter().map(|(attribute, wanted)| {
        Wish::new(Property::Attribute(*attribute), wanted, setting_text(&wanted.value))
    });
    let driver = driver.iter().map(|wanted| Wish::new(Property::Driver, wanted, driver_text(&wanted.value)));
    let mtu = mtu.iter().map(|wanted| Wish::new(Property::Mtu, wanted, setting_text(&wanted.value)));
    attributes.chain(driver).chain(mtu).collect()
}

fn setting_text<T: fmt::Display>(setting: &Setting<T>) -> String {
    match setting {
        Setting::Default => "default".to_owned(),
        Setting::Value(value) => value.to_string(),
    }
}

fn pf_reading(facts: &PfFacts, property: &Property) -> String {
    let netdev = facts.netdev.as_ref();
    let from_link = |value: Option<String>| {
        value.map_or_else(|| "the PF has no interface".to_owned(), |value| format!("{value}, by RTM_GETLINK"))
    };
    match property {
        Property::VfCount => format!("{}, counted in sysfs", facts.vf_count),
        Property::Mtu => from_link(netdev.map(|netdev| netdev.mtu.to_string())),
        Property::Up => from_link(netdev.map(|netdev| if netdev.up { "up" } else { "down" }.to_owned())),
        Property::DriversAutoprobe => match facts.drivers_autoprobe {
            Some(autoprobe) => format!("{autoprobe}, by sriov_drivers_autoprobe"),
            None => "the device has no such setting".to_owned(),
        },
        _ => "not read".to_owned(),
    }
}

fn vf_reading(facts: &PfFacts, index: VfIndex, property: &Property) -> String {
    let Some(vf) = facts.vfs.get(&index) else { return "the VF does not exist yet".to_owned() };
    match property {
        Property::Attribute(attribute) => {
            let row = DriverRow::of(facts.driver.as_ref());
            let raw = vf.attributes.0.get(attribute).map_or("absent".to_owned(), ToString::to_string);
            let judged = match vf::read(vf, *attribute, row, facts.device) {
                Reading::Known(_) => String::new(),
                Reading::Unsupported => "; it means nothing: the driver has no such attribute".to_owned(),
                Reading::Unreadable(why) => format!("; it could not be read: {why}"),
            };
            format!("{raw}, from the PF's VF list (RTM_GETLINK, RTEXT_FILTER_VF){judged}")
        }
        Property::Driver => {
            let driver = vf.driver.as_ref().map_or("none".to_owned(), ToString::to_string);
            format!("{driver}, by the `driver` link in sysfs")
        }
        Property::Mtu => mtu_reading(vf),
        _ => "not read".to_owned(),
    }
}

fn mtu_reading(vf: &VfFacts) -> String {
    match &vf.netdev {
        Some(netdev) => format!("{} on {}, by RTM_GETLINK", netdev.mtu, netdev.name),
        None => "the VF has no interface in the host's namespace".to_owned(),
    }
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
            let from = from.as_ref().map_or(String::new(), |from| format!("{from} "));
            writeln!(f, "  step      {phase}: {from}-> {to}, because {reason}")?;
            writeln!(f, "            $ {command}")?;
        }
        for claim in claims {
            writeln!(f, "  claim     {claim}")?;
        }
        Ok(())
    }
}
