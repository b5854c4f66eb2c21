//! Takes out of a text what differs from boot to boot and from place to place.
//!
//! Interfaces and PCI addresses become roles, MAC addresses that nobody chose
//! become `MAC-1`, interfaces of VFs `netdev-1`, times `<time>`, processes
//! `<pid>`.

use std::collections::BTreeMap;

use crate::roles::Roles;

/// What a scenario's texts are normalised with; it numbers as it goes.
#[derive(Debug, Clone)]
pub struct Normaliser {
    /// Words that are replaced as a whole.
    names: BTreeMap<String, String>,
    /// The first four bytes of MAC addresses that somebody chose.
    chosen: Vec<String>,
    numbered: BTreeMap<String, String>,
    counters: BTreeMap<&'static str, u32>,
}

impl Normaliser {
    /// For one run of a scenario, whose substituted text names the MAC
    /// addresses that are kept; with them those that are counted up from one.
    pub fn new(roles: &Roles, scenario: &str) -> Self {
        let mut names = BTreeMap::new();
        for (role, device) in roles {
            if let Some(interface) = &device.interface {
                names.insert(interface.clone(), role.clone());
            }
            names.insert(device.address.clone(), format!("{role}.device"));
            if let Some(pci) = device.pci() {
                names.insert(pci.to_owned(), format!("{role}.pci"));
            }
            for (index, vf) in device.vfs.iter().enumerate() {
                names.insert(vf.clone(), format!("{role}.vf{index}.pci"));
                names.insert(format!("pci/{vf}"), format!("{role}.vf{index}.device"));
            }
        }
        let chosen = (roles.values().filter_map(|device| device.mac.clone()))
            .chain(words(scenario).filter(|word| is_mac(word)).map(str::to_lowercase))
            .filter_map(|mac| mac.get(..11).map(str::to_owned))
            .collect();
        Self { names, chosen, numbered: BTreeMap::new(), counters: BTreeMap::new() }
    }

    /// The normalised text.
    pub fn text(&mut self, text: &str) -> String {
        let mut result = String::with_capacity(text.len());
        let mut before = "";
        for word in pieces(text) {
            if !is_word(word) {
                result.push_str(word);
                continue;
            }
            // A full stop or a colon ends a sentence more often than a name.
            let core = word.trim_end_matches(['.', ':']);
            let end = word.get(core.len()..).unwrap_or_default();
            result.push_str(&self.word(core, before));
            result.push_str(end);
            before = core;
        }
        result
    }

    fn word(&mut self, word: &str, before: &str) -> String {
        if let Some(name) = self.names.get(word) {
            return name.clone();
        }
        if is_mac(word) {
            return self.mac(word);
        }
        if is_kernel_name(word) {
            return self.number("netdev", word);
        }
        if before == "pid" && word.bytes().all(|byte| byte.is_ascii_digit()) {
            return "<pid>".to_owned();
        }
        if is_time(word) {
            return "<time>".to_owned();
        }
        word.to_owned()
    }

    fn mac(&mut self, mac: &str) -> String {
        let mac = mac.to_lowercase();
        let special = mac == "00:00:00:00:00:00" || mac == "ff:ff:ff:ff:ff:ff";
        if special || self.chosen.iter().any(|start| mac.starts_with(start.as_str())) {
            return mac;
        }
        self.number("MAC", &mac)
    }

    fn number(&mut self, kind: &'static str, word: &str) -> String {
        if let Some(numbered) = self.numbered.get(word) {
            return numbered.clone();
        }
        let counter = self.counters.entry(kind).or_default();
        *counter += 1;
        let numbered = format!("{kind}-{counter}");
        self.numbered.insert(word.to_owned(), numbered.clone());
        numbered
    }
}

/// The words of a text.
fn words(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).filter(|piece| is_word(piece))
}

/// The text cut into words and what lies between them.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let in_word = is_letter(rest.chars().next()?);
        let end = rest.find(|letter| is_letter(letter) != in_word).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}

fn is_word(piece: &str) -> bool {
    piece.chars().next().is_some_and(is_letter)
}

fn is_letter(letter: char) -> bool {
    letter.is_alphanumeric() || ":._-/".contains(letter)
}

fn is_mac(word: &str) -> bool {
    word.len() == 17
        && word.split(':').count() == 6
        && word.split(':').all(|byte| byte.len() == 2 && byte.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

/// `eth7`: what the kernel calls an interface that nobody named.
fn is_kernel_name(word: &str) -> bool {
    let number = word.strip_prefix("eth").or_else(|| word.strip_prefix("dev"));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `12ms`, `1.2s`; whole seconds are limits, which are data and equal
/// everywhere.
fn is_time(word: &str) -> bool {
    let short = ["ms", "µs", "ns"].iter().find_map(|unit| word.strip_suffix(unit));
    match (short, word.strip_suffix('s')) {
        (Some(number), _) => is_number(number),
        (None, Some(number)) => is_number(number) && number.contains('.'),
        (None, None) => false,
    }
}

fn is_number(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_digit())
        && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roles::tests::lab;

    fn normalise(scenario: &str, text: &str) -> String {
        Normaliser::new(&lab(), scenario).text(text)
    }

    #[test]
    fn interfaces_and_addresses_become_roles() {
        assert_eq!(
            normalise("", "eth0: set 4 VFs on pci/0000:01:00.0 (0000:01:10.2), eni1np1."),
            "pf0: set 4 VFs on pf0.device (pf0.vf1.pci), nsim0."
        );
        assert_eq!(normalise("", "teth0 eth01x eth0.100"), "teth0 eth01x eth0.100");
    }

    #[test]
    fn macs_that_nobody_chose_are_numbered_in_order() {
        assert_eq!(
            normalise(
                "first: \"02:00:00:00:10:00\"",
                "02:00:00:00:10:07 AE:00:00:00:00:01 be:00:00:00:00:01 ae:00:00:00:00:01"
            ),
            "02:00:00:00:10:07 MAC-1 MAC-2 MAC-1"
        );
        assert_eq!(
            normalise("", "00:00:00:00:00:00 52:54:00:00:00:01"),
            "00:00:00:00:00:00 52:54:00:00:00:01"
        );
    }

    #[test]
    fn interfaces_of_vfs_are_numbered() {
        assert_eq!(normalise("", "eth5 eth3 eth5"), "netdev-1 netdev-2 netdev-1");
    }

    #[test]
    fn times_and_processes_are_taken_out() {
        assert_eq!(normalise("", "done in 1.25s (13ms), pid 4711"), "done in <time> (<time>), pid <pid>");
        assert_eq!(normalise("", "settle 10s, 3 VFs, rates"), "settle 10s, 3 VFs, rates");
    }
}
