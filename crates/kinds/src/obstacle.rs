//! What stands in the way of a port, and how to mend it: the same words in plans, in `discover` and in `init`.

use std::fmt;

use vfctl_model::DriverName;
use vfctl_port::{NoInterface, PfFacts};

/// One thing that stands in a port's way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Obstacle {
    /// What stands in the way.
    pub cause: String,
    /// How to mend it.
    pub fix: String,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cause, fix } = self;
        write!(f, "{cause}: {fix}")
    }
}

impl Obstacle {
    pub(crate) fn new(cause: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { cause: cause.into(), fix: fix.into() }
    }
}

/// Where an interface that cannot be seen is looked for.
const ELSEWHERE: &str = "run vfctl in the network namespace where it is: in a container with the host's network \
                         (`docker run --network host`, `hostNetwork: true`), else by `ip netns exec NAME vfctl …`";

/// Returns that a port's interface is somewhere else.
pub(crate) fn hidden_interface() -> Obstacle {
    Obstacle::new("the PF's network interface cannot be seen from here", ELSEWHERE)
}

/// Returns why a port without an interface has none; `asked` is what only an interface can have.
pub(crate) fn no_interface(facts: &PfFacts, asked: &str) -> Obstacle {
    let driver = facts.driver.as_ref().map_or("none", DriverName::as_str);
    match facts.no_interface() {
        Some(NoInterface::Hidden) => hidden_interface(),
        Some(NoInterface::NoNetworkCard) => {
            let class = facts.class.map_or_else(String::new, |class| format!(" (PCI class {class})"));
            Obstacle::new(
                format!("the PF is not a network card{class} and has no interface"),
                format!("take {asked} out"),
            )
        }
        Some(NoInterface::NotEthernet) => Obstacle::new(
            "the PF is an InfiniBand port; this version sets only the count and the driver of its VFs",
            format!("take {asked} out, or set the port to Ethernet with the vendor's tool"),
        ),
        Some(NoInterface::UserSpace) => Obstacle::new(
            format!("the PF is driven from user space, by {driver}, and has no interface"),
            format!("take {asked} out, or bind the PF to its network driver"),
        ),
        Some(NoInterface::OnlyWithVfs) => Obstacle::new(
            format!("the PF has no interface yet: {driver} creates one with the first VFs"),
            format!("apply the count without {asked} first, then all of it"),
        ),
        Some(NoInterface::NoDriver) | None => Obstacle::new(
            "the PF has no driver, and thus no interface",
            format!("take {asked} out, or bind the PF to its network driver"),
        ),
    }
}
