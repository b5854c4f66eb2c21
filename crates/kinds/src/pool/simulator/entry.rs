//! Entries of `pfNames` and `rootDevices`: a PF, and perhaps a set of VFs (`getItem` and `isSelected`,
//! pkg/resources/deviceSelectors.go).

use vfctl_model::VfIndex;

/// Returns the entry that counts for a PF: the first that names it, in any case of its letters. A second one is dead.
pub(super) fn entry_for<'a>(entries: &'a [String], pf: &str) -> Option<&'a str> {
    let named = |entry: &&String| pf_of(entry).to_lowercase() == pf.to_lowercase();
    entries.iter().find(named).map(String::as_str)
}

/// Returns the PF that an entry names.
pub(crate) fn pf_of(entry: &str) -> &str {
    entry.split('#').next().unwrap_or_default()
}

/// Returns whether an entry that names the PF means this VF. Parts are tried in order up to the first that holds it; one that
/// cannot be read ends the search.
pub(crate) fn means(entry: &str, vf: VfIndex) -> bool {
    let mut fields = entry.split('#').skip(1);
    let Some(set) = fields.next() else { return true };
    if fields.next().is_some() {
        return false;
    }
    let vf = i64::from(vf.0);
    for part in set.split(',') {
        let Some((first, last)) = range(part) else { return false };
        if (first..=last).contains(&vf) {
            return true;
        }
    }
    false
}

/// Reads a number or a range as Go's `strconv.Atoi` does.
fn range(part: &str) -> Option<(i64, i64)> {
    let number = |text: &str| {
        let digits = text.strip_prefix('+').unwrap_or(text);
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| digits.parse::<i64>().ok()).flatten()
    };
    let mut ends = part.split('-');
    let first = number(ends.next()?)?;
    match (ends.next(), ends.next()) {
        (None, _) => Some((first, first)),
        (Some(last), None) => Some((first, number(last)?)),
        (Some(_), Some(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_entry_of_a_pf_counts_in_any_case() {
        let entries = ["ENS1f0#0-1".to_owned(), "ens1f0#4-5".to_owned(), "ens2".to_owned()];
        assert_eq!(entry_for(&entries, "ens1f0"), Some("ENS1f0#0-1"));
        assert_eq!(entry_for(&entries, "ens2"), Some("ens2"));
        assert_eq!(entry_for(&entries, "ens"), None);
    }

    #[test]
    fn sets_are_read_as_the_plugin_reads_them() {
        for (entry, vf, is_meant) in [
            ("p", 5, true),
            ("p#", 5, false),
            ("p#5", 5, true),
            ("p#0-3,5,7-9", 8, true),
            ("p#0-3,5,7-9", 4, false),
            ("p#3-0", 1, false),
            // What comes before the part that cannot be read still counts.
            ("p#1,x", 1, true),
            ("p#x,1", 1, false),
            ("p#1-2-3", 1, false),
            ("p#1-", 1, false),
            ("p# 1", 1, false),
            ("p#+1", 1, true),
            ("p#1#2", 1, false),
        ] {
            assert_eq!(means(entry, VfIndex(vf)), is_meant, "{entry} {vf}");
        }
    }
}
