//! Whether each right that `vfctl rbac` prints is needed, and named where it is missing: a loop over what is printed, rule by rule
//! and verb by verb, at a real API server. A simulated host is the node; nothing of the list is written here.

mod printed;
mod trial;

pub use printed::{PrintedRight, printed};
pub use trial::{LeastRights, Noticed};
