//! The embedded switch of a PF: its modes, and the interfaces that stand for VFs on it.

mod columns;
mod diff;
mod fate;
mod kind;
mod representor;
mod settings;
mod spec;

pub(crate) use diff::kept_mode;
pub(crate) use fate::lacks_in_end;
pub use kind::Eswitch;
pub(crate) use representor::disrupt_representors;
pub use spec::EswitchSpec;
