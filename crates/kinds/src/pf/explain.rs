//! What is asked of a PF or of one of its VFs, by an address such as `pf/fast/vf/3/vlan`.

use std::collections::BTreeSet;
use std::str::FromStr;

use vfctl_model::{DeviceAddress, VfAttribute, VfIndex};
use vfctl_port::{Property, Subject, Thing};

use super::resolve::resolve;
use crate::DesiredPf;
use crate::finding::{Finding, Findings};
use crate::kind::Asked;
use crate::lane::HostContext;
use crate::path::Origin;

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
    /// No entry of the specs has that name.
    #[error("no physicalFunctions entry that matches here has that name; there are: {names}")]
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
    #[error("the specs do not mention it; add a property to see its reading")]
    NothingSaid,
    /// It is not known whether a document concerns the host.
    #[error("{why}; {help}")]
    Undecided {
        /// Why not.
        why: String,
        /// What to do about it.
        help: String,
    },
}

/// What is asked of one PF, as far as the address means it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedPf {
    /// The PF or the VF.
    pub subject: Subject,
    /// The spec's name for it, such as `workers/fast` and `workers/fast vf 3`.
    pub name: String,
    /// By which terms the PF was matched.
    pub selector: String,
    /// The entry in the spec.
    pub origin: Origin,
    /// What is asked for; without origin where a property was named of which the specs say nothing.
    pub asked: Vec<(Property, Option<Asked>)>,
}

impl FromStr for Address {
    type Err = ExplainError;

    fn from_str(text: &str) -> Result<Self, ExplainError> {
        let property = |word: &str| {
            word.parse::<Property>().map_err(|_| ExplainError::NoSuchProperty {
                word: word.to_owned(),
                known: known_words().join(", "),
            })
        };
        let vf = |text: &str| text.parse().map(Some).map_err(|_| ExplainError::Form);
        let (pf, vf, property) = match text.split('/').collect::<Vec<_>>().as_slice() {
            ["pf", pf] => (*pf, None, None),
            ["pf", pf, "vf", index] => (*pf, vf(index)?, None),
            ["pf", pf, "vf", index, word] => (*pf, vf(index)?, Some(property(word)?)),
            ["pf", pf, word] => (*pf, None, Some(property(word)?)),
            _ => return Err(ExplainError::Form),
        };
        if let Some(property) = property {
            let sample = DeviceAddress::Netdevsim(0);
            let (asked, other, of, form) = match vf {
                None => (
                    Thing::Pf(sample.clone()),
                    Thing::Vf(sample, VfIndex(0)),
                    "of a VF",
                    "pf/NAME/vf/N/PROPERTY",
                ),
                Some(vf) => {
                    (Thing::Vf(sample.clone(), vf), Thing::Pf(sample), "of the PF", "pf/NAME/PROPERTY")
                }
            };
            if property.shape(&asked).is_none() && property.shape(&other).is_some() {
                return Err(ExplainError::Misplaced { word: property.to_string(), of, form });
            }
        }
        Ok(Self { pf: pf.to_owned(), vf, property })
    }
}

/// Returns the words of the properties that people ask for most.
fn known_words() -> Vec<&'static str> {
    let plain = Property::PLAIN.iter().map(|property| property.word());
    plain.chain(VfAttribute::ALL.iter().map(|attribute| attribute.key())).collect()
}

/// Returns what the address means on one host: one PF after the other where an entry means several, or entries of
/// several documents have one name.
///
/// # Errors
/// Where the address means nothing, or the specs do not mention it.
pub fn explain(context: &HostContext<'_>, address: &Address) -> Result<Vec<ExplainedPf>, ExplainError> {
    if let Some(Finding { origin, message, help, .. }) = context.selection.findings.problems.first() {
        let place = origin.as_ref().map_or_else(String::new, |origin| format!("{origin}: "));
        let help = help.clone().unwrap_or_default();
        return Err(ExplainError::Undecided { why: format!("{place}{message}"), help });
    }
    let pfs = resolve(context, &mut Findings::default());
    let interface = |pf: &DesiredPf| {
        let netdev = context.host.physical_functions.get(&pf.address).and_then(|facts| facts.netdev.as_ref());
        netdev.map(|netdev| netdev.name.to_string())
    };
    let entry = |pf: &DesiredPf| pf.name.rsplit('/').next().unwrap_or_default().to_owned();
    if pfs.is_empty() {
        return Err(ExplainError::NothingHere);
    }
    let meant: Vec<&DesiredPf> = pfs
        .values()
        .filter(|pf| entry(pf) == address.pf || interface(pf).as_deref() == Some(&address.pf))
        .collect();
    if meant.is_empty() {
        let names: BTreeSet<String> = pfs.values().map(entry).collect();
        return Err(ExplainError::NoSuchPf { names: Vec::from_iter(names).join(", ") });
    }
    let mut explained = Vec::new();
    let mut error = ExplainError::NothingSaid;
    for pf in meant {
        match explain_pf(context, pf, address) {
            Ok(of_pf) if of_pf.asked.is_empty() => {}
            Ok(of_pf) => explained.push(of_pf),
            Err(cause) => error = cause,
        }
    }
    if explained.is_empty() { Err(error) } else { Ok(explained) }
}

fn explain_pf(
    context: &HostContext<'_>,
    pf: &DesiredPf,
    address: &Address,
) -> Result<ExplainedPf, ExplainError> {
    let now = context.host.physical_functions.get(&pf.address).map_or(0, |facts| facts.vf_count);
    let count = pf.count.as_ref().map_or(now, |wanted| wanted.value.count);
    let (thing, name, mut asked) = match address.vf {
        None => (Thing::Pf(pf.address.clone()), pf.name.clone(), pf.asked()),
        Some(index) if index.0 >= count => return Err(ExplainError::NoSuchVf { count }),
        Some(index) => (
            Thing::Vf(pf.address.clone(), index),
            format!("{} vf {index}", pf.name),
            pf.vfs.get(&index).map(crate::DesiredVf::asked).unwrap_or_default(),
        ),
    };
    if let Some(property) = address.property {
        asked.retain(|asked| asked.property == property);
    }
    let mut asked: Vec<_> = asked.into_iter().map(|asked| (asked.property, Some(asked))).collect();
    if let Some(property) = address.property.filter(|_| asked.is_empty()) {
        asked.push((property, None));
    }
    let subject = context.subject(thing);
    Ok(ExplainedPf { subject, name, selector: pf.selector.clone(), origin: pf.origin.clone(), asked })
}
