//! Releases of programs, `v3.5.1`.

use std::fmt;
use std::str::FromStr;

use crate::parse::ParseError;
use crate::text::text_serde;

/// Returns the numbers of a release that is written `v3.5.1`; `None` where the text is none.
pub(crate) fn numbers(text: &str) -> Option<[u16; 3]> {
    let mut parts = text.strip_prefix('v')?.split('.');
    let mut next =
        || parts.next().filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok();
    let numbers = [next()?, next()?, next()?];
    parts.next().is_none().then_some(numbers)
}

/// A release of a part of a cluster, such as `v4.2.4` of multus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComponentVersion([u16; 3]);

impl ComponentVersion {
    /// The release of sriov-cni of 2019, the last that sets nothing of a VF but its VLAN (`NetConf`, pkg/types/types.go) and that is
    /// built with version 0.6 of the CNI library.
    pub const SRIOV_CNI_2_1_0: Self = Self([2, 1, 0]);
}

impl fmt::Display for ComponentVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([major, minor, patch]) = self;
        f.pad(&format!("v{major}.{minor}.{patch}"))
    }
}

impl FromStr for ComponentVersion {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        numbers(text).map(Self).ok_or_else(|| ParseError::new(text, "version such as `v4.2.4`"))
    }
}

text_serde!(
    ComponentVersion,
    "ComponentVersion",
    "A release, such as v4.2.4.",
    "pattern": "^v[0-9]{1,5}([.][0-9]{1,5}){2}$",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn release_is_three_numbers_after_a_v() {
        for (text, expected) in [
            ("v3.5.1", Some([3, 5, 1])),
            ("v10.0.65535", Some([10, 0, 65535])),
            ("3.5.1", None),
            ("v3.5", None),
            ("v3.5.1.0", None),
            ("v3.5.+1", None),
            ("v3.5.65536", None),
            ("v3..1", None),
        ] {
            assert_eq!(numbers(text), expected, "{text}");
        }
        assert_eq!("v4.2.4".parse::<ComponentVersion>().expect("a release").to_string(), "v4.2.4");
    }
}
