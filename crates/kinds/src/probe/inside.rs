//! What a probe says of itself from inside: the lines that its script writes.

use std::collections::BTreeMap;

use vfctl_model::IpNetwork;

use super::ping::Ping;

/// What is said of values that a message does not hold any more.
pub(super) const CUT_OFF: &str = "the pod's message is cut off";

/// What a probe found inside.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inside {
    /// The interfaces that it was to look for; `None` where one is not there.
    pub links: BTreeMap<String, Option<InsideLink>>,
    /// What came of each attempt to reach somebody, by its name.
    pub pings: BTreeMap<String, Ping>,
    /// What else it says: why it could not do what it was to.
    pub troubles: Vec<String>,
    /// Whether it said all: of a message that is too long the kubelet keeps the end.
    pub is_whole: bool,
}

/// An interface inside.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InsideLink {
    /// Its MAC address.
    pub mac: String,
    /// Its MTU in bytes.
    pub mtu: String,
    /// Whether it is set up (`IFF_UP`).
    pub up: bool,
    /// Whether it has a carrier.
    pub carrier: bool,
    /// Its addresses, but for those of the link alone.
    pub addresses: Vec<IpNetwork>,
}

impl Inside {
    /// Reads what the script has written.
    pub fn read(message: &str) -> Self {
        let (mut inside, mut has_begin) = (Self::default(), false);
        for line in message.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                ["link", name, "absent"] => {
                    inside.links.insert(name.to_owned(), None);
                }
                ["link", name, mac, mtu, flags, carrier] => {
                    let flags = u32::from_str_radix(flags.trim_start_matches("0x"), 16).unwrap_or_default();
                    let link = InsideLink {
                        mac: mac.to_ascii_lowercase(),
                        mtu: mtu.to_owned(),
                        up: flags & 1 == 1,
                        carrier: carrier == "1",
                        addresses: Vec::new(),
                    };
                    inside.links.insert(name.to_owned(), Some(link));
                }
                ["addr", name, "inet" | "inet6", address] => {
                    let link = inside.links.get_mut(name).and_then(Option::as_mut);
                    if let (Some(link), Ok(address)) = (link, address.parse::<IpNetwork>())
                        && !is_of_link(&address)
                    {
                        link.addresses.push(address);
                    }
                }
                ["ping", name, ref said @ ..] => {
                    let figures = inside.pings.entry(name.to_owned()).or_default();
                    figures.take(&said.join(" "));
                }
                ["trouble", ..] => inside.troubles.push(line.trim_start_matches("trouble ").to_owned()),
                ["begin"] => has_begin = true,
                ["end"] => inside.is_whole = has_begin,
                _ => {}
            }
        }
        inside
    }

    /// Returns an interface; `None` where it is not there.
    pub fn link(&self, name: &str) -> Option<&InsideLink> {
        self.links.get(name)?.as_ref()
    }
}

/// Returns whether an address is one that each interface gives itself.
fn is_of_link(address: &IpNetwork) -> bool {
    address.to_string().starts_with("fe80:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_script_writes_is_read() {
        let inside = Inside::read(
            "begin\nlink net1 AA:bb:cc:00:00:01 1500 0x1003 1\nlink net2 absent\naddr lo inet 127.0.0.1/8\n\
             addr net1 inet 10.56.0.11/24\naddr net1 inet6 fe80::1/64\n\
             ping ipam 3 packets transmitted, 3 packets received, 0% packet loss\ntrouble the image has no ping\nend\n",
        );
        let link = inside.link("net1").expect("net1");
        assert_eq!((link.mac.as_str(), link.mtu.as_str(), link.up), ("aa:bb:cc:00:00:01", "1500", true));
        assert_eq!(link.addresses, ["10.56.0.11/24".parse().expect("an address")]);
        assert_eq!(inside.links.get("net2"), Some(&None));
        assert_eq!(inside.pings.get("ipam").map(|ping| (ping.sent, ping.received)), Some((3, 3)));
        assert_eq!(inside.troubles, ["the image has no ping"]);
        assert!(inside.is_whole && !Inside::read("begin\nlink net1 absent").is_whole);
        assert!(!Inside::read("k net1 absent\nend").is_whole);
    }
}
