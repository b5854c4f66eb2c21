//! Faults that a test asks for, by kind of op and, where wanted, by PF.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use vfctl_model::{DeviceAddress, ParseError};
use vfctl_port::{Op, OpKind};

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
    /// So many VFs fewer than asked for come, and the kernel says nothing; for `SetVfCount`.
    FewerVfs(u16),
}

/// A fault and the ops that it befalls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Injected {
    kind: KindWord,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pf: Option<DeviceAddress>,
    fault: Fault,
}

impl Injected {
    pub(crate) fn new(kind: OpKind, pf: Option<DeviceAddress>, fault: Fault) -> Self {
        Self { kind: KindWord(kind), pf, fault }
    }

    /// Returns whether the fault befalls this op.
    fn befalls(&self, op: &Op) -> bool {
        self.kind.0 == op.kind() && self.pf.as_ref().is_none_or(|pf| op.pf() == Some(pf))
    }

    pub(crate) fn is_of(&self, kind: OpKind, pf: Option<&DeviceAddress>) -> bool {
        self.kind.0 == kind && self.pf.as_ref() == pf
    }
}

/// Returns the fault that befalls this op, and uses up one turn of it where it passes.
pub(crate) fn strike(injected: &mut Vec<Injected>, op: &Op) -> Option<Fault> {
    let place = injected.iter().position(|one| one.befalls(op))?;
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

/// A kind of op as scenarios and saved worlds write it: `setVfCount`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KindWord(pub(crate) OpKind);

impl fmt::Display for KindWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = format!("{:?}", self.0);
        let mut letters = name.chars();
        match letters.next() {
            Some(first) => write!(f, "{}{}", first.to_ascii_lowercase(), letters.as_str()),
            None => Ok(()),
        }
    }
}

impl FromStr for KindWord {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        OpKind::ALL
            .iter()
            .map(|kind| Self(*kind))
            .find(|word| word.to_string().eq_ignore_ascii_case(text))
            .ok_or_else(|| ParseError::new(text, "kind of op such as `setVfCount`"))
    }
}

impl Serialize for KindWord {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for KindWord {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Fault {
    /// Reads `refuse ERRNO`, `lie`, `hang`, `transient N` or `fewer N`.
    ///
    /// # Errors
    /// Says what was wanted.
    pub fn parse(words: &[&str]) -> Result<Self, ParseError> {
        let wanted =
            || ParseError::new(words.join(" "), "fault (refuse ERRNO, lie, hang, transient N, fewer N)");
        match words {
            ["refuse", errno] => errno.parse().map(|Errno(number)| Self::Refuse(number)),
            ["lie"] => Ok(Self::Lie),
            ["hang"] => Ok(Self::Hang),
            ["transient", times] => times.parse().map(Self::Transient).map_err(|_| wanted()),
            ["fewer", count] => count.parse().map(Self::FewerVfs).map_err(|_| wanted()),
            _ => Err(wanted()),
        }
    }
}
