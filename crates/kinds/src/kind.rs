//! What a kind must say of itself, and the macro that makes documents, wishes and plans from the list of kinds.
//!
//! A kind is one folder: its YAML, how that is checked and resolved, compared, read back from a live host, explained
//! and shown. The list stands at the crate's root; nobody else names a kind, but for kinds that refer to it.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use vfctl_model::VfIndex;
use vfctl_port::{HostFacts, PfFacts, Property, VfFacts};

use crate::PfSpec;
use crate::cluster::{ClusterContext, ClusterDraft};
use crate::context::{PfContext, PfDiff};
use crate::document::SriovConfig;
use crate::finding::Findings;
use crate::lane::{HostContext, HostDraft};
use crate::path::{Origin, SpecPath, Violations};

/// A value that stands in a document.
pub trait SpecValue:
    Clone + std::fmt::Debug + PartialEq + Eq + Serialize + DeserializeOwned + JsonSchema
{
}

impl<T: Clone + std::fmt::Debug + PartialEq + Eq + Serialize + DeserializeOwned + JsonSchema> SpecValue
    for T
{
}

/// A section of a document: a field of `spec`.
pub trait Section {
    /// What the field holds; its default is what an absent field means.
    type Spec: SpecValue + Default;
    /// Whether it can ask something of the cluster.
    const IN_CLUSTER: bool = false;

    /// Notes the rules that documents break in this section, alone or between them.
    fn check(documents: &[&SriovConfig], violations: &mut Violations);

    /// Drafts what is to be done on a host.
    fn plan(context: &HostContext<'_>, draft: &mut HostDraft);

    /// Drafts what depends on what other sections have drafted.
    fn conclude(_context: &HostContext<'_>, _draft: &mut HostDraft) {}

    /// Returns whether the section asks something of the cluster.
    fn asks_of_cluster(spec: &Self::Spec) -> bool {
        Self::IN_CLUSTER && !is_default(spec)
    }

    /// Returns whether what the section asks for has to be written to the cluster.
    fn writes_to_cluster(_spec: &Self::Spec) -> bool {
        false
    }

    /// Drafts what is to be done in the cluster.
    fn plan_cluster(_context: &ClusterContext<'_>, _draft: &mut ClusterDraft) {}

    /// Drafts what depends on what other sections have drafted for the cluster.
    fn conclude_cluster(_context: &ClusterContext<'_>, _draft: &mut ClusterDraft) {}

    /// Returns what the section would say of the host as it is.
    fn live(host: &HostFacts) -> Self::Spec;
}

/// A field of an entry of `physicalFunctions`, or of its `vfs`.
pub trait PfKind {
    /// What the field holds.
    type Spec: SpecValue;
    /// What it means for one PF, with nothing left open.
    type Desired: Clone + std::fmt::Debug + PartialEq + Eq;
    /// What `discover` shows of it, a column each.
    const COLUMNS: &'static [PfColumn] = &[];
    /// What `discover` shows of it for each VF, a column each.
    const VF_COLUMNS: &'static [VfColumn] = &[];

    /// Notes the rules that the field breaks; `path` is its own.
    fn check(_spec: &Self::Spec, _entry: &PfSpec, _path: &SpecPath, _violations: &mut Violations) {}

    /// Returns what the field means for this PF.
    fn resolve(spec: &Self::Spec, origin: &Origin, facts: &PfFacts, findings: &mut Findings)
    -> Self::Desired;

    /// Compares the PF with what is wanted of it.
    fn diff(context: &PfContext<'_>, diff: &mut PfDiff);

    /// Returns what the field would say of the PF as it is; `None` to leave it out.
    fn live(facts: &PfFacts) -> Option<Self::Spec>;

    /// Returns which properties are wanted, and which values.
    fn explain(desired: &Self::Desired) -> Vec<(Property, String)>;
}

/// A field of the settings of VFs, beside those that the table of VF attributes makes.
pub trait VfKind {
    /// What the field holds.
    type Spec: SpecValue + Ord;
    /// What it means for one VF, with nothing left open.
    type Desired: Clone + std::fmt::Debug + PartialEq + Eq;

    /// Returns what the field means.
    fn resolve(spec: &Self::Spec) -> Self::Desired;

    /// Compares all VFs of a PF with what is wanted of them.
    fn diff(context: &PfContext<'_>, diff: &mut PfDiff);

    /// Returns what the field would say of the VF as it is; `None` to leave it out.
    fn live(pf: &PfFacts, vf: &VfFacts) -> Option<Self::Spec>;

    /// Returns what a VF that is made anew loses, since the spec does not name it.
    fn lost(context: &PfContext<'_>, index: VfIndex, vf: &VfFacts) -> Vec<String>;

    /// Returns which property is wanted, and which value.
    fn explain(desired: &Self::Desired) -> (Property, String);
}

/// A column of `discover`; it is shown where some PF has a cell.
#[derive(Debug, Clone, Copy)]
pub struct PfColumn {
    /// Its heading.
    pub heading: &'static str,
    /// Returns the cell of a PF; `None` where it has none.
    pub cell: fn(&PfFacts) -> Option<String>,
}

/// A column of `discover` for VFs; it is shown where some VF of the PF has a cell.
#[derive(Debug, Clone, Copy)]
pub struct VfColumn {
    /// Its heading.
    pub heading: &'static str,
    /// Returns the cell of a VF; `None` where it has none.
    pub cell: fn(&PfFacts, &VfFacts) -> Option<String>,
}

/// One thing that a spec asks for, to be explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Which property.
    pub property: Property,
    /// Which value.
    pub value: String,
    /// Where.
    pub origin: Origin,
}

/// Returns whether a section says what an absent one would.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Returns what is asked for at one place.
pub(crate) fn asked(
    values: impl IntoIterator<Item = (Property, String)>,
    origin: &Origin,
) -> impl Iterator<Item = Asked> {
    values.into_iter().map(|(property, value)| Asked { property, value, origin: origin.clone() })
}
