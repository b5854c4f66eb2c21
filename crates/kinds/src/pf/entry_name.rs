//! The name of an entry that is written for a port.

/// Returns a name for an entry, and for a document, that is like the port's: `discover -o spec` and `init` call it the same.
pub fn entry_name(title: &str) -> String {
    let plain: String =
        title.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    // A name begins with a letter or a digit.
    if plain.starts_with(|c: char| c.is_ascii_alphanumeric()) { plain } else { format!("pf{plain}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_entries_are_valid_whatever_a_port_is_called() {
        let names = ["eth0", "_up2", "a#b", "pci/0000:01:00.0", "端口", ""].map(entry_name);
        assert_eq!(names, ["eth0", "pf-up2", "a-b", "pci-0000-01-00-0", "pf--", "pf"]);
        assert!(names.iter().all(|name| crate::document::is_name(name)));
    }
}
