//! What probes that try to reach one another show: two of one network do, one of another VLAN does not.

use super::inside::{CUT_OFF, Inside};
use super::ping::Ping;
use super::row::{Comparison, ProbeRow};
use crate::network::{NetworkSpec, NetworkVlan};

/// What a probe that was to reach another found, and how it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried<'a> {
    /// The row's subject.
    pub subject: String,
    /// Whether a reply is right.
    pub is_to_reach: bool,
    /// Why silence would show nothing, such as that one of both reached nobody at all; `None` where it would.
    pub unproven: Option<String>,
    /// What it found; an error says why nothing is known of it.
    pub found: Result<&'a Inside, String>,
    /// The attempts: the row's property, and the name in the script.
    pub attempts: Vec<(String, String)>,
    /// The interface that it tried over.
    pub interface: String,
}

/// Returns the first network on the same resource, else any, whose pods are in another VLAN and not reached; `None` where all are
/// in one.
pub fn stranger_of<'a>(network: &NetworkSpec, all: &[&'a NetworkSpec]) -> Option<&'a NetworkSpec> {
    let vlan = vlan_of(network)?;
    let mut others: Vec<&&NetworkSpec> = all
        .iter()
        .filter(|other| !other.default_network && vlan_of(other).is_some_and(|other| other != vlan))
        .collect();
    others.sort_by_key(|other| other.resource != network.resource);
    others.first().map(|other| **other)
}

/// Returns the VLAN of a network's pods; `None` where it names none, and that of the VF stays.
fn vlan_of(network: &NetworkSpec) -> Option<u16> {
    network.vlan.map(|NetworkVlan(tag)| tag.id.get())
}

/// Returns a row for each attempt.
pub fn rows_of_traffic(tried: &Tried<'_>) -> Vec<ProbeRow> {
    let Tried { subject, is_to_reach, unproven, found, attempts, interface } = tried;
    let expected = if *is_to_reach { "reached" } else { "not reached" };
    let row = |(property, name): &(String, String)| {
        let inside = match found {
            Ok(inside) => inside,
            Err(why) => return ProbeRow::not_compared(subject, property, expected, why.clone()),
        };
        if let Some(trouble) = inside.troubles.first() {
            return ProbeRow::not_compared(subject, property, expected, trouble.clone());
        }
        let has_carrier = inside.link(interface).is_some_and(|link| link.carrier);
        match inside.pings.get(name) {
            None if !inside.is_whole => ProbeRow::not_compared(subject, property, expected, CUT_OFF),
            None => ProbeRow::not_compared(subject, property, expected, "ping said nothing"),
            Some(ping) if !is_to_reach && ping.received == 0 && !has_carrier => {
                let why = format!("{interface} has no carrier");
                ProbeRow::not_compared(subject, property, expected, why)
            }
            Some(ping) => match unproven.as_ref().filter(|_| !is_to_reach && ping.received == 0) {
                Some(why) => ProbeRow::not_compared(subject, property, expected, why.clone()),
                None => of_ping(subject, property, expected, *is_to_reach, ping),
            },
        }
    };
    attempts.iter().map(row).collect()
}

fn of_ping(subject: &str, property: &str, expected: &str, is_to_reach: bool, ping: &Ping) -> ProbeRow {
    let is_right = ping.sent > 0 && (ping.received > 0) == is_to_reach;
    let comparison = if is_right { Comparison::Same } else { Comparison::Different };
    let said = if ping.received > 0 { "reached" } else { "not reached" };
    ProbeRow::judged(subject, property, expected, format!("{said}: {}", ping.figures()), comparison)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn network(name: &str, resource: &str, vlan: Option<u16>) -> NetworkSpec {
        let mut json = json!({"name": name, "resource": resource});
        if let Some(vlan) = vlan {
            json["vlan"] = json!(vlan);
        }
        serde_json::from_value(json).expect("a network")
    }

    fn rows(is_to_reach: bool, message: &str) -> Vec<(Comparison, String)> {
        rows_with(is_to_reach, None, message)
    }

    fn rows_with(is_to_reach: bool, unproven: Option<&str>, message: &str) -> Vec<(Comparison, String)> {
        let inside = Inside::read(message);
        let tried = Tried {
            subject: "s".to_owned(),
            is_to_reach,
            unproven: unproven.map(str::to_owned),
            found: Ok(&inside),
            attempts: vec![("p".to_owned(), "test".to_owned())],
            interface: "net1".to_owned(),
        };
        let rows = rows_of_traffic(&tried);
        rows.into_iter().map(|row| (row.comparison, row.why.unwrap_or(row.found))).collect()
    }

    #[test]
    fn stranger_is_of_another_vlan_and_of_the_same_resource_first() {
        let (a, b) = (network("a", "x.y/1", Some(100)), network("b", "x.y/2", Some(200)));
        let (c, none) = (network("c", "x.y/1", Some(200)), network("n", "x.y/1", None));
        assert_eq!(stranger_of(&a, &[&a, &none, &b, &c]).map(|other| other.name.as_str()), Some("c"));
        assert_eq!(stranger_of(&a, &[&a, &none]), None);
        assert_eq!(stranger_of(&none, &[&a, &none]), None);
    }

    #[test]
    fn silence_is_right_only_where_there_is_a_carrier() {
        let link = |carrier: u8| format!("link net1 aa:bb:cc:00:00:01 1500 0x1003 {carrier}\n");
        let lost = "ping test 3 packets transmitted, 0 packets received, 100% packet loss\nend";
        let got = "ping test 3 packets transmitted, 2 packets received, 33% packet loss\nend";
        let of = |is_to_reach, carrier, pings: &str| rows(is_to_reach, &(link(carrier) + pings)).remove(0).0;
        assert_eq!(of(false, 1, lost), Comparison::Same);
        assert_eq!(of(false, 0, lost), Comparison::NotCompared);
        assert_eq!(of(false, 1, got), Comparison::Different);
        let deaf =
            |is_to_reach, pings: &str| rows_with(is_to_reach, Some("deaf"), &(link(1) + pings)).remove(0);
        assert_eq!(deaf(false, lost), (Comparison::NotCompared, "deaf".to_owned()));
        assert_eq!(deaf(false, got).0, Comparison::Different);
        assert_eq!(deaf(true, lost).0, Comparison::Different);
        assert_eq!(of(true, 1, got), Comparison::Same);
        assert_eq!(of(true, 1, lost), Comparison::Different);
        assert_eq!(of(true, 1, "end"), Comparison::NotCompared);
        let trouble = rows(false, &(link(1) + "trouble the image has no ping\nend"));
        assert_eq!(trouble, [(Comparison::NotCompared, "the image has no ping".to_owned())]);
    }
}
