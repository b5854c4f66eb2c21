//! Faults that a test asks for, by kind of action and, where wanted, by PF.

use serde::{Deserialize, Serialize};
use vfctl_model::{DeviceAddress, ParseError};
use vfctl_port::{ActionKind, Op};

use crate::errno::Errno;

/// What an op does instead of its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Fault {
    /// It is refused with this error number.
    Refuse(i32),
    /// It is accepted and changes nothing.
    Lie,
    /// No answer comes; a store keeps the PF's lock.
    Hang,
    /// It is refused with EAGAIN this often, and works then.
    Transient(u32),
    /// So many VFs fewer than asked for come, and the kernel says nothing; for `createVfs`.
    FewerVfs(u16),
    /// The VF's driver asks its PF for the MAC address while that is in reset, and makes one up; for `bindDriver` and
    /// `probeDriver`.
    NoAnswer,
}

/// A fault and the ops that it applies to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Injected {
    #[serde(with = "kind_word")]
    kind: ActionKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pf: Option<DeviceAddress>,
    fault: Fault,
}

impl Injected {
    pub(crate) fn new(kind: ActionKind, pf: Option<DeviceAddress>, fault: Fault) -> Self {
        Self { kind, pf, fault }
    }

    fn applies_to(&self, op: &Op) -> bool {
        self.kind == op.action.kind() && self.pf.as_ref().is_none_or(|pf| op.target.pf() == Some(pf))
    }

    pub(crate) fn is_of(&self, kind: ActionKind, pf: Option<&DeviceAddress>) -> bool {
        self.kind == kind && self.pf.as_ref() == pf
    }
}

/// Returns the fault that applies to this op, and counts it down where it is transient.
pub(crate) fn next_fault(injected: &mut Vec<Injected>, op: &Op) -> Option<Fault> {
    let place = injected.iter().position(|one| one.applies_to(op))?;
    let fault = injected.get(place)?.fault;
    if let Fault::Transient(left) = fault {
        match left.checked_sub(1) {
            Some(left) => {
                if let Some(one) = injected.get_mut(place) {
                    one.fault = Fault::Transient(left);
                }
            }
            None => {
                injected.remove(place);
                return None;
            }
        }
    }
    Some(fault)
}

/// Writes and reads a kind of action in saved worlds by its word.
mod kind_word {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};
    use vfctl_port::ActionKind;

    pub(super) fn serialize<S: Serializer>(kind: &ActionKind, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(kind)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ActionKind, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl Fault {
    /// Reads `refuse ERRNO`, `lie`, `hang`, `transient N`, `fewer N` or `unanswered`.
    ///
    /// # Errors
    /// Says what was wanted.
    pub fn parse(words: &[&str]) -> Result<Self, ParseError> {
        let wanted = || {
            ParseError::new(
                words.join(" "),
                "fault (refuse ERRNO, lie, hang, transient N, fewer N, unanswered)",
            )
        };
        match words {
            ["refuse", errno] => errno.parse().map(|Errno(number)| Self::Refuse(number)),
            ["lie"] => Ok(Self::Lie),
            ["hang"] => Ok(Self::Hang),
            ["unanswered"] => Ok(Self::NoAnswer),
            ["transient", times] => times.parse().map(Self::Transient).map_err(|_| wanted()),
            ["fewer", count] => count.parse().map(Self::FewerVfs).map_err(|_| wanted()),
            _ => Err(wanted()),
        }
    }
}
