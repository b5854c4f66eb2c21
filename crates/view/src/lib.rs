//! Plans and facts as documents that people look at: a review of many hosts at once, as Markdown for a merge request or as a
//! page; hosts as pages and drawings. What a plan says is a view of the rows that the text of `plan` shows, and all of it is a
//! pure function of data.
//!
//! Nothing here decides what changes, or reads a file or a clock.

mod budget;
mod code;
mod discovered;
mod harmless;
mod host;
mod html;
mod kept;
mod markdown;
mod markup;
mod page;
mod picture;
mod review;
mod svg;

pub use discovered::discovered;
pub use harmless::harmless;
pub use host::{Cells, HostView, PortView};
pub use html::html;
pub use markdown::markdown;
pub use picture::{Picture, Pool, Pools};
pub use review::{Bounds, Review};
pub use svg::svg;
