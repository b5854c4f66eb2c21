//! Labels of Kubernetes objects: their keys, and the values that a selector may name.

use crate::cluster_name::is_subdomain;
use crate::text::text_name;

/// The longest name of a label, and its longest value, in bytes (`qualifiedNameMaxLength` and `LabelValueMaxLength`,
/// k8s.io/apimachinery/pkg/util/validation/validation.go).
const LONGEST: usize = 63;

text_name! {
    /// The key of a label: a name of at most 63 bytes, and before it perhaps a DNS subdomain and `/` (`IsQualifiedName`,
    /// k8s.io/apimachinery/pkg/util/validation/validation.go).
    LabelKey,
    "label key (such as `role` or `node-role.kubernetes.io/worker`)",
    "The key of a Kubernetes label, [prefix/]name, such as node-role.kubernetes.io/worker.",
    |text| match text.split_once('/') {
        Some((prefix, name)) => is_subdomain(prefix) && is_label_name(name),
        None => is_label_name(text),
    },
    "pattern": "^([a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*/)?[0-9A-Za-z]([0-9A-Za-z_.-]{0,61}[0-9A-Za-z])?$",
    "maxLength": 317,
}

text_name! {
    /// The value of a label: empty, or at most 63 bytes (`IsValidLabelValue`, the same file).
    LabelValue,
    "label value (at most 63 letters, digits, `-`, `_` and `.`, first and last a letter or digit; or empty)",
    "The value of a Kubernetes label.",
    |text| text.is_empty() || is_label_name(text),
    "pattern": "^([0-9A-Za-z]([0-9A-Za-z_.-]{0,61}[0-9A-Za-z])?)?$",
}

/// Returns whether a text is the name of a label, or a value of one that is not empty.
fn is_label_name(text: &str) -> bool {
    let is_end = |end: Option<u8>| end.is_some_and(|b| b.is_ascii_alphanumeric());
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    plain && text.len() <= LONGEST && is_end(text.bytes().next()) && is_end(text.bytes().last())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_are_taken_that_kubernetes_takes() {
        let (longest, too_long) = ("a".repeat(63), "a".repeat(64));
        let prefixed = |length: usize| format!("{}/{longest}", "a".repeat(length));
        for (text, key, value) in [
            ("role", true, true),
            ("Role_1.x-y", true, true),
            ("1", true, true),
            ("", false, true),
            ("node-role.kubernetes.io/worker", true, false),
            ("a/b/c", false, false),
            ("/worker", false, false),
            ("Example.com/worker", false, false),
            ("example.com/", false, false),
            ("-role", false, false),
            ("role-", false, false),
            ("role worker", false, false),
            ("ä", false, false),
            (&longest, true, true),
            (&too_long, false, false),
            (&prefixed(253), true, false),
            (&prefixed(254), false, false),
        ] {
            assert_eq!(text.parse::<LabelKey>().is_ok(), key, "{text}");
            assert_eq!(text.parse::<LabelValue>().is_ok(), value, "{text}");
        }
    }
}
