//! Probes: small pods that show whether a network gives pods what a spec says, what they are to say, and how that is compared.
//!
//! No cluster is reached here. Who starts the pods, waits for them and removes them is `cli`.

mod expect;
mod inside;
mod network_status;
mod once;
mod ping;
mod pod;
mod row;
mod script;
mod traffic;
mod trials;

pub use expect::{ProbeHost, ProbedVf, VfPlace, rows_of_network};
pub use inside::{Inside, InsideLink};
pub use network_status::{AttachedNetwork, attached_networks};
pub use once::{Holding, rows_of_holdings};
pub use ping::Ping;
pub use pod::{ProbePlace, ProbePod, RUN_ANNOTATION, RUN_LABEL, interface_of, looked, waves};
pub use row::{Comparison, ProbeRow};
pub use script::{Script, TestNetwork};
pub use traffic::{Tried, rows_of_traffic, stranger_of};
pub use trials::{HostTrials, PfTrial, TrialEnd, trials_of};
