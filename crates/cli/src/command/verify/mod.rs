//! `vfctl verify`: whether the live host and cluster match a spec, with pods that show what they are given, and with packets.

mod document;
mod error;
mod groups;
mod namespaces;
mod pods;
mod prober;
mod process;
mod run;
mod spec;
mod text;

pub(super) use document::Verification;
pub(crate) use error::VerifyError;
pub(super) use run::run;
