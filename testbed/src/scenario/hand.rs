//! The closed vocabulary of what can be done by hand.
//!
//! Here are only its words; in the guest `hand.sh` does it, on the simulator
//! `vfctl-sim hand`.

/// Each sentence: words in lower case stand for themselves, words in upper
/// case for a value. `DEV` is an interface or, for a device without one, its
/// address as devlink writes it (`pci/0000:04:00.0`).
pub const SENTENCES: [&str; 32] = [
    "set DEV vf INDEX KEY VALUE",
    "set-each DEV FIRST-LAST macAddress START",
    "set-each DEV FIRST-LAST vlan START",
    "count DEV COUNT",
    "admin DEV STATE",
    "carrier DEV STATE",
    "mtu DEV BYTES",
    "autoprobe DEV STATE",
    "driver DEV vf INDEX DRIVER",
    "vf-mtu DEV vf INDEX BYTES",
    "netns DEV vf INDEX NAME",
    "netns-back NAME",
    "vfio-open DEV vf INDEX",
    "vfio-close",
    "remove-pf DEV",
    "rescan",
    "bond NAME DEV DEV",
    "unbond NAME",
    "bridge NAME DEV",
    "bridge NAME DEV vf INDEX",
    "unbridge NAME",
    "altname DEV NAME",
    "address DEV CIDR",
    "address DEV vf INDEX CIDR",
    "default-route DEV",
    "eswitch DEV MODE",
    "hold-interfaces SECONDS",
    "release-interfaces",
    "fault ACTION HOW",
    "fault ACTION HOW VALUE",
    "fault ACTION on DEV HOW",
    "fault ACTION on DEV HOW VALUE",
];

/// Whether the vocabulary has such a sentence.
pub fn is_known(words: &str) -> bool {
    SENTENCES.iter().any(|sentence| matches(sentence, words))
}

/// The sentences that begin with the same word, for a message; all of them
/// when there are none.
pub fn like(words: &str) -> Vec<&'static str> {
    let verb = words.split_whitespace().next();
    let alike: Vec<_> =
        SENTENCES.iter().copied().filter(|sentence| sentence.split_whitespace().next() == verb).collect();
    if alike.is_empty() { SENTENCES.to_vec() } else { alike }
}

/// What is injected only on the simulator.
pub fn is_fault(words: &str) -> bool {
    words.split_whitespace().next() == Some("fault")
}

/// The device and the state of a `carrier` sentence, which is the machine's
/// business and not the guest's.
pub fn as_carrier(words: &str) -> Option<(&str, &str)> {
    let mut words = words.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some("carrier"), Some(device), Some(state)) => Some((device, state)),
        _ => None,
    }
}

fn matches(sentence: &str, words: &str) -> bool {
    let (sentence, words): (Vec<_>, Vec<_>) =
        (sentence.split_whitespace().collect(), words.split_whitespace().collect());
    sentence.len() == words.len()
        && sentence.iter().zip(&words).all(|(expected, word)| is_value(expected) || expected == word)
}

fn is_value(word: &str) -> bool {
    word.chars().all(|letter| letter.is_ascii_uppercase() || letter == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_for_anything_and_words_for_themselves() {
        assert!(is_known("set eth0 vf 3 vlan 200:3:802.1ad"));
        assert!(is_known("set-each eth0 0-999 macAddress 02:00:00:00:00:01"));
        assert!(is_known("rescan"));
        assert!(is_known("fault setVfAttribute on eth0 transient 2"));
        assert!(!is_known("set eth0 vf 3"));
        assert!(!is_known("set-each eth0 0-999 trust on"));
        assert!(!is_known("reboot now"));
    }

    #[test]
    fn a_wrong_sentence_is_answered_with_those_of_its_verb() {
        assert_eq!(like("count eth0"), ["count DEV COUNT"]);
        assert_eq!(like("reboot").len(), SENTENCES.len());
    }
}
