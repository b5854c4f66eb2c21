//! Did-you-mean: the allowed word that somebody most likely meant.

use vfctl_model::VfAttribute;

/// Returns the allowed word that `word` most likely means, or `None` where none is near.
pub(crate) fn did_you_mean(word: &str, allowed: &[&'static str]) -> Option<&'static str> {
    let plain = plain(word);
    let same = |candidate: &&'static str| self::plain(candidate) == plain;
    let of_ip = |candidate: &&'static str| {
        let is_meant = |a: &&VfAttribute| a.row().ip_word == word && a.key() == *candidate;
        VfAttribute::ALL.iter().any(|a| is_meant(&a))
    };
    let find =
        |test: &dyn Fn(&&'static str) -> bool| allowed.iter().copied().find(|candidate| test(candidate));
    let of_yaml =
        |candidate: &&'static str| matches!((plain.as_str(), *candidate), ("yes", "on") | ("no", "off"));
    find(&same).or_else(|| find(&of_ip)).or_else(|| find(&of_yaml)).or_else(|| nearest(&plain, allowed))
}

/// Returns the allowed word with the fewest differences, a third of its length at most.
fn nearest(plain_word: &str, allowed: &[&'static str]) -> Option<&'static str> {
    allowed
        .iter()
        .map(|candidate| {
            let candidate_plain = plain(candidate);
            let starts_alike = plain_word.len() >= 3 && candidate_plain.starts_with(plain_word);
            let distance = strsim::osa_distance(plain_word, &candidate_plain);
            (if starts_alike { 1 } else { distance }, candidate_plain.chars().count(), *candidate)
        })
        .filter(|(distance, length, _)| *distance <= (length / 3).max(1) && *distance < *length)
        .min()
        .map(|(_, _, candidate)| candidate)
}

/// Returns a word without case, blanks, dashes and underscores.
fn plain(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).flat_map(char::to_lowercase).take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let keys = &[
            "vfs",
            "macAddress",
            "vlan",
            "trust",
            "spoofCheck",
            "linkState",
            "queryRss",
            "rate",
            "driver",
            "mtu",
        ];
        for (word, meant) in [
            ("mac_address", Some("macAddress")),
            ("mac", Some("macAddress")),
            ("spoofchk", Some("spoofCheck")),
            ("spoofcheck", Some("spoofCheck")),
            ("state", Some("linkState")),
            ("query_rss", Some("queryRss")),
            ("vlann", Some("vlan")),
            ("turst", Some("trust")),
            ("MTU", Some("mtu")),
            ("mode", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(did_you_mean(word, keys), meant, "{word}");
        }
    }
}
