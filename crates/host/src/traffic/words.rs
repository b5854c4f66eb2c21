//! What parent and child say to each other of traffic: arguments one way, lines the other.

use std::time::Duration;

use vfctl_port::{Packets, TrafficTrial};

/// What stands between the ends and the tries among the arguments.
const TRIES: &str = "--";

/// Returns the arguments of a child: how long to wait for a carrier, the ends, and the tries.
pub(super) fn arguments(trial: &TrafficTrial, limit: Duration) -> Vec<String> {
    let TrafficTrial { ends, tries } = trial;
    let mut words = vec![limit.as_secs().to_string()];
    words.extend(ends.iter().map(|(name, up)| format!("{name}={}", u8::from(*up))));
    words.push(TRIES.to_owned());
    words.extend(tries.iter().map(|(from, to, reach)| format!("{from},{to},{}", u8::from(*reach))));
    words
}

/// Reads these arguments; `None` where they are none.
pub(super) fn trial(mut words: impl Iterator<Item = String>) -> Option<(TrafficTrial, Duration)> {
    let limit = Duration::from_secs(words.next()?.parse().ok()?);
    let mut trial = TrafficTrial::default();
    for word in words.by_ref().take_while(|word| word != TRIES) {
        let (name, up) = word.rsplit_once('=')?;
        trial.ends.push((name.parse().ok()?, up == "1"));
    }
    for word in words {
        let mut parts = word.split(',');
        let (from, to) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        trial.tries.push((from, to, parts.next()? == "1"));
    }
    Some((trial, limit))
}

/// What a child says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// Whether the next end has a carrier.
    Carrier(bool),
    /// What came of the next try.
    Tried(Packets),
    /// Something went wrong.
    Trouble(String),
    /// All ends are given back.
    Done,
}

impl Said {
    /// Returns the line.
    pub(super) fn line(&self) -> String {
        match self {
            Self::Carrier(has) => format!("carrier {}", u8::from(*has)),
            Self::Tried(Packets { sent, received, mean }) => {
                format!("tried {sent} {received} {}", mean.as_micros())
            }
            Self::Trouble(why) => format!("trouble {}", why.replace('\n', " ")),
            Self::Done => "done".to_owned(),
        }
    }

    /// Reads a line; `None` where it is none.
    pub(super) fn of(line: &str) -> Option<Self> {
        if let Some(why) = line.strip_prefix("trouble ") {
            return Some(Self::Trouble(why.to_owned()));
        }
        let words: Vec<&str> = line.split(' ').collect();
        Some(match words[..] {
            ["carrier", has] => Self::Carrier(has == "1"),
            ["tried", sent, received, micros] => Self::Tried(Packets {
                sent: sent.parse().ok()?,
                received: received.parse().ok()?,
                mean: Duration::from_micros(micros.parse().ok()?),
            }),
            ["done"] => Self::Done,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_side_says_the_other_understands() {
        let asked = TrafficTrial {
            ends: vec![("eth2".parse().expect("a name"), true), ("eth3".parse().expect("a name"), false)],
            tries: vec![(0, 1, true), (1, 0, false)],
        };
        let limit = Duration::from_secs(9);
        assert_eq!(trial(arguments(&asked, limit).into_iter()), Some((asked, limit)));
        let packets = Packets { sent: 3, received: 2, mean: Duration::from_micros(417) };
        for said in [Said::Carrier(true), Said::Tried(packets), Said::Trouble("a b".to_owned()), Said::Done] {
            assert_eq!(Said::of(&said.line()), Some(said));
        }
        assert_eq!(Said::of("nothing"), None);
    }
}
