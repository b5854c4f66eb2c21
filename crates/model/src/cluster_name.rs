//! Names that a Kubernetes cluster gives: objects, namespaces and the resources of device plugins.

use std::fmt;
use std::str::FromStr;

use crate::parse::ParseError;
use crate::text::{text_name, text_serde};

/// Returns whether a text is a DNS label as Kubernetes wants them (RFC 1123), of any length.
pub fn is_dns_label(text: &str) -> bool {
    let plain = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    plain && !text.is_empty() && !text.starts_with('-') && !text.ends_with('-')
}

/// Returns whether a text is a DNS subdomain as Kubernetes wants them (RFC 1123): labels with dots between.
pub(crate) fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_dns_label)
}

text_name! {
    /// The name of an object: a DNS subdomain (RFC 1123) of at most 253 bytes.
    ObjectName,
    "name of an object (lower-case letters, digits, `-` and `.`, such as `tenant-a`)",
    "Name of a Kubernetes object.",
    is_subdomain,
    "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$",
    "maxLength": 253,
}

text_name! {
    /// The name of a namespace: a DNS label (RFC 1123) of at most 63 bytes.
    NamespaceName,
    "name of a namespace (at most 63 lower-case letters, digits and `-`, such as `default`)",
    "Name of a Kubernetes namespace.",
    |text| text.len() <= 63 && is_dns_label(text),
    "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
    "maxLength": 63,
}

impl NamespaceName {
    /// Returns the namespace of a cluster's own parts, `kube-system`.
    pub fn kube_system() -> Self {
        Self(std::sync::Arc::from("kube-system"))
    }
}

/// The resource that a device plugin offers, `intel.com/sriov_net`: prefix and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceName {
    prefix: String,
    name: String,
}

/// The longest prefix: Kubernetes puts `requests.` before it for quotas, and the whole is a DNS name
/// (`IsExtendedResourceName`, pkg/apis/core/v1/helper/helpers.go).
const LONGEST_PREFIX: usize = 253 - "requests.".len();

impl ResourceName {
    /// Returns what stands before the `/`.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Returns what stands behind the `/`.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for ResourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { prefix, name } = self;
        write!(f, "{prefix}/{name}")
    }
}

impl FromStr for ResourceName {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let wrong = |wanted| Err(ParseError::new(text, wanted));
        let Some((prefix, name)) = text.split_once('/') else {
            return wrong("resource with a prefix, such as `intel.com/sriov_net`");
        };
        if !is_subdomain(prefix) || prefix.len() > LONGEST_PREFIX {
            return wrong("resource whose prefix is a DNS name, such as `intel.com/sriov_net`");
        }
        // `IsPrefixedNativeResource`, the same file.
        if prefix.ends_with("kubernetes.io") {
            return wrong(
                "resource with a prefix of your own: Kubernetes refuses those that end in `kubernetes.io`",
            );
        }
        // The device plugin takes `[a-zA-Z0-9_-]+`; Kubernetes bounds the length and the ends.
        let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
        let ends_well = |end: Option<u8>| end.is_some_and(|b| b.is_ascii_alphanumeric());
        let ends_well = ends_well(name.bytes().next()) && ends_well(name.bytes().last());
        if !plain || !ends_well || name.len() > 63 {
            return wrong(
                "resource whose name has at most 63 letters, digits, `-` and `_` and begins and ends with a letter or digit",
            );
        }
        Ok(Self { prefix: prefix.to_owned(), name: name.to_owned() })
    }
}

text_serde!(
    ResourceName,
    "ResourceName",
    "The resource of a device plugin, prefix/name, such as intel.com/sriov_net.",
    "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*/[0-9A-Za-z]([0-9A-Za-z_-]{0,61}[0-9A-Za-z])?$",
    "not": { "pattern": "kubernetes[.]io/" },
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_taken_that_plugin_and_kubernetes_take() {
        let longest = format!("intel.com/{}", "a".repeat(63));
        for text in ["intel.com/sriov_net", "intel.com/sriov-DPDK", "a/1", "my-io/x", &longest] {
            let resource: ResourceName = text.parse().expect(text);
            assert_eq!(resource.to_string(), text);
        }
        let too_long = format!("intel.com/{}", "a".repeat(64));
        let long_prefix = format!("{}/x", "a.".repeat(122) + "aa");
        for text in [
            "",
            "/",
            "sriov_net",
            "intel.com/",
            "/sriov_net",
            "Intel.com/a",
            "intel..com/a",
            "intel.com/a/b",
            "intel.com/_a",
            "intel.com/a-",
            "intel.com/a.b",
            "kubernetes.io/a",
            "node.kubernetes.io/a",
            &too_long,
            &long_prefix,
        ] {
            assert!(text.parse::<ResourceName>().is_err(), "{text}");
        }
    }

    #[test]
    fn names_of_objects_may_have_dots_and_those_of_namespaces_may_not() {
        for (text, object, namespace) in [
            ("tenant-a", true, true),
            ("0", true, true),
            ("tenant.a", true, false),
            ("tenant_a", false, false),
            ("Tenant", false, false),
            ("-a", false, false),
            ("a-", false, false),
            ("a..b", false, false),
            ("", false, false),
        ] {
            assert_eq!(text.parse::<ObjectName>().is_ok(), object, "{text}");
            assert_eq!(text.parse::<NamespaceName>().is_ok(), namespace, "{text}");
        }
        assert!(
            "a".repeat(253).parse::<ObjectName>().is_ok() && "a".repeat(254).parse::<ObjectName>().is_err()
        );
        assert!(
            "a".repeat(63).parse::<NamespaceName>().is_ok()
                && "a".repeat(64).parse::<NamespaceName>().is_err()
        );
    }
}
