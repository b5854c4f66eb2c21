//! `vfctl init`: a spec to begin with, for one port.

mod asked;
mod run;
mod text;

pub(super) use run::run;
