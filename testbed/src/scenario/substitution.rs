//! `${…}` in scenarios: names of what a role stands for.

use crate::roles::Roles;

/// A name that a role does not have.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("replace `${{{name}}}`: no device has it")]
pub struct UnknownName {
    /// The name between the braces.
    pub name: String,
}

/// Replaces `${pf}`, `${pf0}`, `${pf0.pci}`, `${pf0.device}` and
/// `${pf0.mac}`; `pf` is the role that `${pf}` stands for.
///
/// # Errors
///
/// At the first name that nothing has.
pub fn substitute(text: &str, roles: &Roles, pf: Option<&str>) -> Result<String, UnknownName> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        result.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            result.push_str("${");
            rest = after;
            continue;
        };
        let value = value(name, roles, pf).ok_or_else(|| UnknownName { name: name.to_owned() })?;
        result.push_str(value);
        rest = after;
    }
    result.push_str(rest);
    Ok(result)
}

fn value<'a>(name: &str, roles: &'a Roles, pf: Option<&str>) -> Option<&'a str> {
    let (role, property) = name.split_once('.').unwrap_or((name, ""));
    let role = if role == "pf" { pf? } else { role };
    let device = roles.get(role)?;
    match property {
        "" => device.interface.as_deref(),
        "pci" => device.pci(),
        "device" => Some(device.address.as_str()),
        "mac" => device.mac.as_deref(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roles::tests::lab;

    #[test]
    fn names_become_what_the_role_has() {
        let text = "match: {interface: ${pf}}, ${pf.pci} ${pf1} ${pf.mac} ${nsim0.device} $x $";
        assert_eq!(
            substitute(text, &lab(), Some("pf0")).unwrap(),
            "match: {interface: eth0}, 0000:01:00.0 eth1 52:54:00:00:00:01 netdevsim/netdevsim1 $x $"
        );
    }

    #[test]
    fn a_name_that_nothing_has_is_an_error() {
        for text in ["${pf9}", "${nsim0.pci}", "${pf0.colour}"] {
            substitute(text, &lab(), Some("pf0")).unwrap_err();
        }
        assert_eq!(substitute("${pf}", &lab(), None), Err(UnknownName { name: "pf".to_owned() }));
    }
}
