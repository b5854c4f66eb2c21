//! Texts to read, and the order in which a folder's files are read.

/// A text that may hold several documents, and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What the text is called in messages: a path, or `<stdin>`.
    pub name: String,
    /// The text.
    pub text: String,
}

/// Returns those of a folder's file names that are specs (`*.yaml`, `*.yml`), in the order of reading: by name,
/// byte by byte. Hidden files are none.
pub fn spec_file_order(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let is_spec = |name: &String| {
        let suffix = name.rsplit_once('.').map(|(_, suffix)| suffix);
        !name.starts_with('.') && matches!(suffix, Some("yaml" | "yml"))
    };
    let mut specs: Vec<String> = names.into_iter().filter(is_spec).collect();
    specs.sort();
    specs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_read_by_name_and_only_its_specs() {
        let names = ["b.yml", "a.yaml", "README.md", ".hidden.yaml", "10.yaml", "yaml", "c.yaml.bak"];
        assert_eq!(spec_file_order(names.map(str::to_owned)), ["10.yaml", "a.yaml", "b.yml"]);
    }
}
