//! IPAM: the plugins that give out the addresses of a network, each with the fields that it takes.

mod dhcp;
mod host_local;
mod route;
mod spec;
mod static_ipam;
mod whereabouts;

pub use dhcp::{DhcpIpam, DhcpOption, DhcpRequest};
pub use host_local::{AddressRange, HostLocalIpam};
pub use route::{Dns, Route};
pub use spec::Ipam;
pub(super) use spec::{IpamConfig, KNOWN};
pub use static_ipam::{StaticAddress, StaticIpam};
pub use whereabouts::{WhereaboutsIpam, WhereaboutsLogLevel, WhereaboutsRange};
