//! Entries of `physicalFunctions` that other sections refer to by their names.

use crate::PfSpec;
use crate::path::{SpecPath, Violation, Violations};
use crate::suggest::did_you_mean;

/// Returns the entry of this name with its place among `entries`; that there is none is noted at `path`.
pub(crate) fn referred_entry<'a>(
    entries: &'a [PfSpec],
    name: &str,
    path: &SpecPath,
    violations: &mut Violations,
) -> Option<(usize, &'a PfSpec)> {
    let found = entries.iter().enumerate().find(|(_, entry)| entry.name == name);
    if found.is_none() {
        let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        let help = match did_you_mean(name, &names) {
            Some(name) => format!("did you mean `{name}`?"),
            None if names.is_empty() => "this document has no `physicalFunctions`".to_owned(),
            None => format!("there are {}", names.join(", ")),
        };
        let message = format!("no physical function is called `{name}`");
        violations.add(Violation::new(path.clone(), message, help));
    }
    found
}
