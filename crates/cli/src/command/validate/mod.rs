//! `vfctl validate`: every mistake of specs, and of what device plugins and pod networks read, without any host; in the formats
//! that people, programs and CI systems read.

mod findings;
mod github;
mod junit;
mod run;
mod sarif;

pub(super) use run::run;
