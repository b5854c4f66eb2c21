//! What keeps a pod from its VFs in a line or two, for commands that wait for a pod.

use std::fmt;

use vfctl_model::ObjectRef;
use vfctl_port::World;

use super::chain::{BreakReason, LinkState, one_line};
use super::walk::walk;
use crate::document::PlacedDocument;

/// What keeps a pod from its VFs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodTrouble {
    /// Why; `None` where it is not known whether a link holds.
    pub reason: Option<BreakReason>,
    /// The link, and what was found.
    pub cause: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// Writes the cause in one line, and what to do in another.
impl fmt::Display for PodTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reason: _, cause, help } = self;
        f.write_str(cause)?;
        match help {
            Some(help) => write!(f, "\nfix: {help}"),
            None => Ok(()),
        }
    }
}

/// Returns what keeps a pod from its VFs: its first broken link, or else the first that is not known; `None` where all hold. The
/// facts are best those of a look at this pod (`What::Pod`).
pub fn pod_trouble(world: &World, documents: &[PlacedDocument<'_>], pod: &ObjectRef) -> Option<PodTrouble> {
    let chain = walk(world, documents, pod);
    let link = chain.first_trouble().filter(|link| link.state != LinkState::Holds)?;
    let why = link.reason.map(|reason| format!("{}: ", reason.words())).unwrap_or_default();
    Some(PodTrouble {
        reason: link.reason,
        cause: format!("{} {}: {why}{}", link.link, link.about, one_line(&link.found)),
        help: link.help.as_deref().map(one_line),
    })
}
