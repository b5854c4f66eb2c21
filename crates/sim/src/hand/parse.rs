//! Reads a line of a scenario.

use std::str::FromStr;

use vfctl_model::{Mtu, ParseError, Toggle, VfAttribute, VfIndex};
use vfctl_port::AdminState;

use super::{EachValue, Hand, VfDriver, value};
use crate::fault::Fault;

/// Why a line is nothing that can be done by hand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandError {
    /// The first word, or the number of words, is none of the vocabulary.
    #[error("`{0}` is nothing that is done by hand")]
    Unknown(String),
    /// A word is not what it should be.
    #[error("read a word of `{line}`")]
    Word {
        /// The line.
        line: String,
        /// What the word should be.
        #[source]
        cause: ParseError,
    },
}

impl Hand {
    /// Reads a line such as `set eth1 vf 3 vlan 100`.
    ///
    /// # Errors
    /// Where the line is nothing that is done by hand.
    pub fn parse(line: &str) -> Result<Self, HandError> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match read(&words) {
            Ok(Some(hand)) => Ok(hand),
            Ok(None) => Err(HandError::Unknown(line.to_owned())),
            Err(cause) => Err(HandError::Word { line: line.to_owned(), cause }),
        }
    }
}

impl FromStr for Hand {
    type Err = HandError;

    fn from_str(line: &str) -> Result<Self, HandError> {
        Self::parse(line)
    }
}

/// Reads words; `None` where they are none of the vocabulary.
fn read(words: &[&str]) -> Result<Option<Hand>, ParseError> {
    let device = |word: &str| word.to_owned();
    Ok(Some(match words {
        ["set", dev, "vf", vf, key, value] => {
            let attribute: VfAttribute = key.parse()?;
            let value = value::parse(attribute, value)?;
            Hand::Set { device: device(dev), vf: vf.parse()?, attribute, value }
        }
        ["set-each", dev, range, key, start] => {
            let (first, last) = self::range(range)?;
            let start = match *key {
                "macAddress" => EachValue::Mac(start.parse()?),
                "vlan" => EachValue::Vlan(number::<u64>(start)?.try_into()?),
                _ => return Err(ParseError::new(*key, "attribute that counts up (macAddress or vlan)")),
            };
            Hand::SetEach { device: device(dev), first, last, start }
        }
        ["count", dev, count] => Hand::Count { device: device(dev), count: number(count)? },
        ["admin", dev, state] => {
            let state = match *state {
                "up" => AdminState::Up,
                "down" => AdminState::Down,
                other => return Err(ParseError::new(other, "admin state (`up` or `down`)")),
            };
            Hand::Admin { device: device(dev), state }
        }
        ["carrier", dev, link] => Hand::Carrier { device: device(dev), link: link.parse()? },
        ["speed", dev, speed] => Hand::Speed { device: device(dev), speed: number(speed)? },
        ["mtu", dev, mtu] => Hand::Mtu { device: device(dev), mtu: self::mtu(mtu)? },
        ["autoprobe", dev, autoprobe] => {
            Hand::Autoprobe { device: device(dev), autoprobe: autoprobe.parse::<Toggle>()? }
        }
        ["driver", dev, "vf", vf, name] => {
            let driver = match *name {
                "none" => VfDriver::None,
                "default" => VfDriver::Default,
                name => VfDriver::Named(name.parse()?),
            };
            Hand::Driver { device: device(dev), vf: vf.parse()?, driver }
        }
        ["vf-mtu", dev, "vf", vf, mtu] => {
            Hand::VfMtu { device: device(dev), vf: vf.parse()?, mtu: self::mtu(mtu)? }
        }
        ["netns", dev, "vf", vf, name] => {
            Hand::Netns { device: device(dev), vf: vf.parse()?, namespace: (*name).to_owned() }
        }
        ["netns-back", name] => Hand::NetnsBack { namespace: (*name).to_owned() },
        ["vfio-open", dev, "vf", vf] => Hand::VfioOpen { device: device(dev), vf: vf.parse()? },
        ["vfio-close"] => Hand::VfioClose,
        ["remove-pf", dev] => Hand::RemovePf { device: device(dev) },
        ["rescan"] => Hand::Rescan,
        ["bond", name, ports @ ..] if !ports.is_empty() => {
            let ports = ports.iter().map(|port| port.parse()).collect::<Result<_, _>>()?;
            Hand::Bond { name: name.parse()?, ports }
        }
        ["bridge", name, port] => Hand::Bridge { name: name.parse()?, port: port.parse()? },
        ["bridge", name, dev, "vf", vf] => {
            Hand::BridgeRepresentor { name: name.parse()?, device: device(dev), vf: vf.parse()? }
        }
        ["unbond" | "unbridge", name] => Hand::Dissolve { name: name.parse()? },
        ["eswitch", dev, mode] => Hand::Eswitch { device: device(dev), mode: mode.parse()? },
        ["altname", dev, name] => Hand::Altname { device: device(dev), name: name.parse()? },
        ["address", dev, "vf", vf, address] => {
            Hand::AddressRepresentor { device: device(dev), vf: vf.parse()?, address: address.parse()? }
        }
        ["address", dev, address] => Hand::Address { interface: dev.parse()?, address: address.parse()? },
        ["default-route", dev] => Hand::DefaultRoute { interface: dev.parse()? },
        ["fault", kind, "on", dev, fault @ ..] => self::fault(kind, Some(device(dev)), fault)?,
        ["fault", kind, fault @ ..] => self::fault(kind, None, fault)?,
        ["hold-interfaces", seconds] => Hand::HoldInterfaces { seconds: number(seconds)? },
        ["release-interfaces"] => Hand::ReleaseInterfaces,
        ["ssh", dev] => Hand::Ssh { interface: dev.parse()? },
        ["wait", seconds] => Hand::Wait { seconds: number(seconds)? },
        _ => return Ok(None),
    }))
}

fn fault(kind: &str, device: Option<String>, words: &[&str]) -> Result<Hand, ParseError> {
    let kind = kind.parse()?;
    let fault = match words {
        ["none"] => None,
        words => Some(Fault::parse(words)?),
    };
    Ok(Hand::Fault { kind, device, fault })
}

fn range(text: &str) -> Result<(VfIndex, VfIndex), ParseError> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.parse()?, last.parse()?);
    if first <= last { Ok((first, last)) } else { Err(ParseError::new(text, "range of VFs such as `0-7`")) }
}

fn number<T: FromStr>(text: &str) -> Result<T, ParseError> {
    text.parse().map_err(|_| ParseError::new(text, "number"))
}

fn mtu(text: &str) -> Result<Mtu, ParseError> {
    number::<u32>(text)?.try_into()
}
