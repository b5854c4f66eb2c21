//! Random scenarios: what people and vfctl do to a port, in an order that nobody thought of.
//!
//! They claim nothing but that the simulator does what the kernel does.

use fastrand::Rng;

/// How many things happen in one scenario.
const STEPS: u32 = 14;
/// After how many of them the facts are compared.
const STRETCH: u32 = 3;
/// More VFs than an igb has, so that some are asked in vain.
const MOST_VFS: u16 = 8;
/// VFs that are mostly there.
const LOW_VFS: u16 = 5;

/// The text of the scenario that belongs to a seed.
pub fn scenario(seed: u64) -> String {
    let mut author = Author { rng: Rng::with_seed(seed), specs: 0, text: String::new() };
    author.text.push_str(&format!("title: simulator and kernel agree on what seed {seed} does\n"));
    author.text.push_str("on: pf0 nsim0\n\n");
    author.by_hand("count ${pf} 4");
    for step in 1..=STEPS {
        author.something();
        if step % STRETCH == 0 || step == STEPS {
            author.text.push_str("readings\n");
        }
    }
    author.text
}

/// Writes a scenario.
struct Author {
    rng: Rng,
    specs: u32,
    text: String,
}

impl Author {
    /// Writes one thing that somebody does, by hand or with vfctl.
    fn something(&mut self) {
        match self.rng.u32(0..24) {
            0 | 1 => {
                // A count is changed through 0 or not at all.
                self.by_hand("count ${pf} 0");
                let count = self.rng.u16(1..=MOST_VFS);
                self.by_hand(&format!("count ${{pf}} {count}"));
            }
            2 => {
                let count = self.rng.u16(0..=MOST_VFS);
                self.by_hand(&format!("count ${{pf}} {count}"));
            }
            3..=10 => {
                let (vf, (key, value)) = (self.vf(), self.value());
                self.by_hand(&format!("set ${{pf}} vf {vf} {key} {value}"));
            }
            11 => {
                let state = self.one_of(&["up", "up", "down"]);
                self.by_hand(&format!("admin ${{pf}} {state}"));
            }
            12 => {
                let bytes = self.mtu();
                self.by_hand(&format!("mtu ${{pf}} {bytes}"));
            }
            13 => {
                let state = self.one_of(&["on", "off"]);
                self.by_hand(&format!("autoprobe ${{pf}} {state}"));
            }
            14 => {
                let (vf, driver) = (self.vf(), self.one_of(&["vfio-pci", "default", "none"]));
                self.by_hand(&format!("driver ${{pf}} vf {vf} {driver}"));
            }
            15 => {
                let (vf, bytes) = (self.vf(), self.mtu());
                self.by_hand(&format!("vf-mtu ${{pf}} vf {vf} {bytes}"));
            }
            16 => {
                let vf = self.vf();
                self.by_hand(&format!("netns ${{pf}} vf {vf} pod"));
            }
            17 => self.by_hand("netns-back pod"),
            _ => self.apply(),
        }
    }

    /// Whether it is refused is for the places to say.
    fn by_hand(&mut self, words: &str) {
        self.text.push_str(&format!("by hand: {words}\nexit any\n"));
    }

    /// A new spec, and what vfctl makes of it.
    fn apply(&mut self) {
        self.specs += 1;
        let name = format!("{}.yaml", self.specs);
        self.text.push_str(&format!("file {name}:\n"));
        for line in self.spec().lines() {
            self.text.push_str(&format!("  | {line}\n"));
        }
        for command in ["plan", "apply --yes --allow-disruption", "plan"] {
            self.text.push_str(&format!("$ vfctl {command} {name}\nexit any\n"));
        }
    }

    fn spec(&mut self) -> String {
        let mut text = String::from(
            "apiVersion: vfctl.dev/v1alpha1\nkind: SriovConfig\nmetadata: {name: a}\nspec:\n  \
             physicalFunctions:\n    - name: a\n      match: {interface: ${pf}}\n",
        );
        // A plan that is blocked does nothing.
        if self.rng.u32(0..4) > 0 {
            text.push_str("      onUnsupported: warn\n");
        }
        if self.rng.u32(0..4) == 0 {
            text.push_str(&format!("      mtu: {}\n", self.mtu()));
        }
        if self.rng.u32(0..4) == 0 {
            text.push_str(&format!("      adminState: {}\n", self.one_of(&["up", "up", "down"])));
        }
        let count = self.rng.u16(1..=MOST_VFS);
        text.push_str(&format!("      vfs:\n        count: {count}\n"));
        text.push_str(&format!("        all: {{{}}}\n", self.settings()));
        if count > 2 {
            text.push_str(&format!("        groups:\n          - {{vfs: \"1-2\", {}}}\n", self.settings()));
        }
        text
    }

    /// Settings that VFs may share; at least one.
    fn settings(&mut self) -> String {
        let mut settings: Vec<String> = Vec::new();
        let candidates = [
            ("vlan", self.vlan_of_spec()),
            ("macAddress", format!("{{first: \"02:00:01:00:{:02x}:00\"}}", self.rng.u8(..))),
            ("trust", self.toggle()),
            ("spoofCheck", self.toggle()),
            ("linkState", self.one_of(&["auto", "enable", "disable"]).to_owned()),
            ("queryRss", self.toggle()),
            ("rate", format!("{{max: {}}}", self.rng.u32(0..1000))),
            ("driver", self.one_of(&["vfio-pci", "default", "none"]).to_owned()),
            ("mtu", self.mtu().to_string()),
        ];
        let certain = self.rng.usize(0..4);
        for (place, (key, value)) in candidates.into_iter().enumerate() {
            if place == certain || self.rng.u32(0..9) == 0 {
                let value = if self.rng.u32(0..6) == 0 { "default".to_owned() } else { value };
                settings.push(format!("{key}: {value}"));
            }
        }
        settings.join(", ")
    }

    fn vf(&mut self) -> u16 {
        let most = if self.rng.u32(0..8) == 0 { MOST_VFS } else { LOW_VFS };
        self.rng.u16(0..most)
    }

    /// A VF attribute and a value of it, which no kernel needs to take.
    fn value(&mut self) -> (&'static str, String) {
        let key =
            self.one_of(&["macAddress", "vlan", "trust", "spoofCheck", "linkState", "rate", "queryRss"]);
        let value = match key {
            "macAddress" => {
                // One in eight is a group address, which no VF may have.
                let first = if self.rng.u32(0..8) == 0 { 3 } else { 2 };
                format!("{first:02x}:00:00:00:{:02x}:{:02x}", self.rng.u8(..), self.rng.u8(..))
            }
            "vlan" => {
                let protocol = self.one_of(&["", "", ":802.1Q", ":802.1ad"]);
                format!("{}:{}{protocol}", self.vlan(), self.rng.u8(0..8))
            }
            "linkState" => self.one_of(&["auto", "enable", "disable"]).to_owned(),
            "rate" => {
                let least = self.one_of(&["0", "0", "10"]);
                format!("{least}:{}", self.rng.u32(0..1500))
            }
            _ => self.toggle(),
        };
        (key, value)
    }

    fn vlan(&mut self) -> u16 {
        if self.rng.u32(0..5) == 0 { 0 } else { self.rng.u16(1..=4094) }
    }

    fn vlan_of_spec(&mut self) -> String {
        match self.vlan() {
            0 => "0".to_owned(),
            id => format!("{{id: {id}, qos: {}}}", self.rng.u8(0..8)),
        }
    }

    fn toggle(&mut self) -> String {
        self.one_of(&["on", "off"]).to_owned()
    }

    fn mtu(&mut self) -> u32 {
        self.rng.u32(1500..=9000)
    }

    fn one_of(&mut self, words: &[&'static str]) -> &'static str {
        self.rng.choice(words).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::scenario::{Action, parser};

    #[test]
    fn every_seed_makes_a_scenario_that_can_be_read() {
        let mut specs = 0;
        for seed in 0..200 {
            let scenario = parser::parse(&scenario(seed), Path::new("random.scenario")).unwrap();
            let readings = scenario.steps.iter().filter(|step| step.action == Action::Readings).count();
            assert_eq!(readings, 5, "seed {seed}");
            specs += scenario.steps.iter().filter(|step| matches!(step.action, Action::File { .. })).count();
        }
        assert!(specs > 200, "{specs}");
    }

    #[test]
    fn a_seed_makes_the_same_scenario_again_and_another_seed_another() {
        assert_eq!(scenario(7), scenario(7));
        assert_ne!(scenario(7), scenario(8));
    }
}
