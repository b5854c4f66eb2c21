//! The configuration file of the SR-IOV network device plugin: as it is written, as it is read, and what a release of the
//! plugin makes of it.

mod accept;
mod config;
mod read;
mod write;

pub use accept::{Accepted, Ending, Loaded, accept};
pub use config::{PluginConfig, PluginResource, PluginSelectors, SelectorSet};
pub use read::{ReadError, is_config, read};
