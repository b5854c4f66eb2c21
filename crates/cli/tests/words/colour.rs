//! Colours: where they are asked for, and nowhere else.

use crate::place::{PLAN, Place};

#[test]
fn plan_is_coloured_where_that_is_asked_for() {
    let place = Place::new();
    let plain = place.vfctl(PLAN).out;
    assert!(plain.contains("\n      ~ vf 2: vlan: ") && !plain.contains('\u{1b}'), "{plain}");
    let green = |words: &str, variables: &[(&str, &str)]| {
        place.vfctl_in(&format!("{PLAN}{words}"), variables).out.contains("\u{1b}[33m~ vf 2: vlan: ")
    };
    for (words, variables, is_coloured) in [
        (" --color always", &[][..], true),
        (" --color always", &[("NO_COLOR", "1")], true),
        (" --color never", &[("CLICOLOR_FORCE", "1")], false),
        ("", &[("CLICOLOR_FORCE", "1")], true),
        ("", &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
        (" --color auto", &[], false),
    ] {
        assert_eq!(green(words, variables), is_coloured, "{words} {variables:?}");
    }
}

#[test]
fn json_is_never_coloured() {
    let place = Place::new();
    for words in [PLAN, "validate spec.yaml", "discover --facts facts.json"] {
        let json = place.vfctl(&format!("{words} --json --color always")).out;
        assert!(json.starts_with('{') && !json.contains('\u{1b}'), "{json}");
    }
}
