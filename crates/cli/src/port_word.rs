//! A word of the command line that names ports.

use vfctl_kinds::suggest::did_you_mean;
use vfctl_model::{DeviceAddress, PciAddress};
use vfctl_port::{PfFacts, World};

use crate::error::CliError;

/// How many ports an error lists.
const LISTED: usize = 8;

/// A word that names a port: its interface by any of its names, or its address.
pub(crate) struct PortWord<'a> {
    word: &'a str,
    address: Option<DeviceAddress>,
}

impl<'a> PortWord<'a> {
    /// Reads the word; a PCI address may lack its bus, and the domain where that is 0000, as `lspci` prints it.
    pub(crate) fn new(word: &'a str) -> Self {
        let pci = |text: &str| text.parse::<PciAddress>().ok().map(DeviceAddress::Pci);
        let address = word.parse().ok().or_else(|| pci(word)).or_else(|| pci(&format!("0000:{word}")));
        Self { word, address }
    }

    /// Returns whether it names this port.
    pub(crate) fn names(&self, address: &DeviceAddress, pf: &PfFacts) -> bool {
        let is_name = |name: &dyn std::fmt::Display| name.to_string() == self.word;
        let netdev = pf.netdev.as_ref();
        self.address.as_ref() == Some(address)
            || netdev.is_some_and(|netdev| {
                is_name(&netdev.name) || netdev.altnames.iter().any(|name| is_name(name))
            })
            || pf.other_interfaces.iter().any(|name| is_name(name))
    }

    /// Returns whether it names the driver of this port.
    pub(crate) fn names_driver(&self, pf: &PfFacts) -> bool {
        pf.driver.as_ref().is_some_and(|driver| driver.to_string() == self.word)
    }

    /// Returns the error for a word that names none of these ports.
    pub(crate) fn unknown(&self, world: &World) -> CliError {
        let ports = world.hosts.values().flat_map(|host| &host.physical_functions);
        let names: Vec<String> = ports.map(|(address, pf)| pf.title(address)).collect();
        let listed: Vec<&str> = names.iter().map(String::as_str).collect();
        let fix = match did_you_mean(self.word, &listed) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "`vfctl discover` lists the ports that can have VFs".to_owned(),
        };
        let more = match listed.len().saturating_sub(LISTED) {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        let known = match listed.get(..LISTED.min(listed.len())) {
            None | Some([]) => "there is no port that can have VFs".to_owned(),
            Some(listed) => format!("the ports that can have VFs are {}{more}", listed.join(", ")),
        };
        CliError::NoSuchPort { word: self.word.to_owned(), known, fix }
    }
}
