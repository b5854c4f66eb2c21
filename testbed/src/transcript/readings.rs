//! The facts that `vfctl record` prints, as lines that can be compared.
//!
//! Only what belongs to PFs, VFs and the links above them: what the machine
//! itself is differs from guest to fixture.

use serde_json::Value;

use super::Normaliser;

/// Facts that differ from boot to boot.
const LEFT_OUT: [&str; 3] = [
    // A group's number is whatever is free.
    "iommuGroup.number",
    // The host may not tell it while the link comes up.
    "netdev.speed",
    // An igb is without it for about a second after each count and MTU change; what depends on it, plans say.
    "netdev.carrier",
];
/// What of a host is compared.
const COMPARED: [&str; 2] = ["physicalFunctions", "links"];

/// Why facts cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum ReadingsError {
    /// The facts are no JSON.
    #[error("understand the recorded facts")]
    Json(#[from] serde_json::Error),
    /// The facts have another shape.
    #[error("find {0} in the recorded facts")]
    Shape(String),
}

/// One line per fact, such as `pf0.device.vfCount: 4`.
///
/// # Errors
///
/// When the document is not one of facts.
pub fn readings(facts: &str, normaliser: &mut Normaliser) -> Result<String, ReadingsError> {
    let document: Value = serde_json::from_str(facts)?;
    let hosts = document.get("hosts").and_then(Value::as_object);
    let hosts = hosts.ok_or_else(|| ReadingsError::Shape("hosts".to_owned()))?;
    let mut lines = Vec::new();
    for facts in hosts.values() {
        for part in COMPARED {
            let value = facts.get(part).ok_or_else(|| ReadingsError::Shape(part.to_owned()))?;
            let prefix = if part == "links" { "links" } else { "" };
            flatten(prefix, value, normaliser, &mut lines);
        }
    }
    lines.retain(|line| !LEFT_OUT.iter().any(|fact| is_fact(line, fact)));
    Ok(lines.into_iter().map(|line| line + "\n").collect())
}

/// Names are normalised part by part: a path's dots are no name's dots.
fn flatten(path: &str, value: &Value, normaliser: &mut Normaliser, lines: &mut Vec<String>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                let name = normaliser.text(name);
                flatten(&below(&name), value, normaliser, lines);
            }
        }
        Value::Array(members) if !members.is_empty() => {
            for (index, value) in members.iter().enumerate() {
                flatten(&below(&index.to_string()), value, normaliser, lines);
            }
        }
        Value::String(text) => lines.push(format!("{path}: {}", normaliser.text(text))),
        other => lines.push(format!("{path}: {other}")),
    }
}

fn is_fact(line: &str, fact: &str) -> bool {
    line.split(": ").next().is_some_and(|path| path.ends_with(fact))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roles::tests::lab;

    fn read(facts: &str) -> String {
        readings(facts, &mut Normaliser::new(&lab(), "")).unwrap()
    }

    #[test]
    fn facts_become_lines_with_roles() {
        let facts = r#"{"hosts": {"guest": {"system": {"kernel": "6"}, "links": {}, "physicalFunctions":
            {"pci/0000:01:00.0": {"vfCount": 1, "netdev": {"name": "eth0", "speed": 1000},
             "vfs": {"0": {"pci": "0000:01:10.0", "iommuGroup": {"number": 7, "kind": "identity"}}}}}}}}"#;
        assert_eq!(
            read(facts),
            "pf0.device.netdev.name: pf0\npf0.device.vfCount: 1\npf0.device.vfs.0.iommuGroup.kind: identity\n\
             pf0.device.vfs.0.pci: pf0.vf0.pci\nlinks: {}\n"
        );
    }

    #[test]
    fn facts_of_another_shape_are_an_error() {
        let mut normaliser = Normaliser::new(&lab(), "");
        assert!(matches!(readings("{}", &mut normaliser), Err(ReadingsError::Shape(_))));
        assert!(matches!(readings("x", &mut normaliser), Err(ReadingsError::Json(_))));
    }
}
