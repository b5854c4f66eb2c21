//! Did-you-mean: the word, or the host, that somebody most likely meant.

use vfctl_model::VfAttribute;

/// Returns the allowed word that `word` most likely means, or `None` where none is near.
pub fn did_you_mean<'a>(word: &str, allowed: &[&'a str]) -> Option<&'a str> {
    let plain = plain(word);
    let same = |candidate: &&'a str| self::plain(candidate) == plain;
    let of_ip = |candidate: &&'a str| {
        let is_meant = |a: &&VfAttribute| a.row().ip_word == word && a.key() == *candidate;
        VfAttribute::ALL.iter().any(|a| is_meant(&a))
    };
    let find = |test: &dyn Fn(&&'a str) -> bool| allowed.iter().copied().find(|candidate| test(candidate));
    let of_yaml = |candidate: &&'a str| matches!((plain.as_str(), *candidate), ("yes", "on") | ("no", "off"));
    find(&same).or_else(|| find(&of_ip)).or_else(|| find(&of_yaml)).or_else(|| nearest(&plain, allowed))
}

/// Returns the allowed word with the fewest differences, a third of its length at most.
fn nearest<'a>(plain_word: &str, allowed: &[&'a str]) -> Option<&'a str> {
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

/// Returns the name of a host, or pattern of names, that was most likely meant by `host`: it differs by its domain or case
/// alone, or by two letters at most.
pub fn host_meant<'a>(host: &str, names: &[&'a str]) -> Option<&'a str> {
    let short = |name: &str| name.split('.').next().unwrap_or_default().to_lowercase();
    let by_domain = names.iter().copied().find(|name| short(name) == short(host));
    by_domain.or_else(|| {
        let stem = |name: &str| name.trim_end_matches('*').len();
        let near = names.iter().copied().filter(|name| {
            // A pattern is held against as much of the name as it has letters.
            let head: String = host.chars().take(stem(name)).collect();
            let distance = strsim::osa_distance(name.trim_end_matches('*'), &head);
            stem(name) > 2 && distance <= 2
        });
        near.min_by_key(|name| strsim::osa_distance(name.trim_end_matches('*'), host))
    })
}

/// Returns a word without case, blanks, dashes and underscores.
pub fn plain(word: &str) -> String {
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

    #[test]
    fn host_that_was_meant_differs_by_its_domain_or_a_letter_or_two() {
        let names = ["lab.example.com", "wroker-*", "storage-1"];
        for (host, name) in [
            ("lab", Some("lab.example.com")),
            ("lab.other.org", Some("lab.example.com")),
            ("worker-3", Some("wroker-*")),
            ("storage-2", Some("storage-1")),
            ("database-1", None),
        ] {
            assert_eq!(host_meant(host, &names), name, "{host}");
        }
    }
}
