//! Many kernel modules at once, in one line of text.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::name::ModuleName;
use crate::parse::ParseError;
use crate::text::text_serde;

/// Kernel modules, written with blanks between: hundreds of them are one line of a document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModuleSet(BTreeSet<ModuleName>);

impl ModuleSet {
    /// Returns whether a module is among them.
    pub fn contains(&self, module: &ModuleName) -> bool {
        self.0.contains(module)
    }

    /// Returns the modules by name.
    pub fn iter(&self) -> impl Iterator<Item = &ModuleName> {
        self.0.iter()
    }
}

impl FromIterator<ModuleName> for ModuleSet {
    fn from_iter<T: IntoIterator<Item = ModuleName>>(modules: T) -> Self {
        Self(modules.into_iter().collect())
    }
}

impl fmt::Display for ModuleSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut gap = "";
        for module in self.iter() {
            write!(f, "{gap}{module}")?;
            gap = " ";
        }
        Ok(())
    }
}

impl FromStr for ModuleSet {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        text.split_whitespace().map(str::parse).collect()
    }
}

text_serde!(ModuleSet, "ModuleSet", "Names of kernel modules, with blanks between.");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_read_and_written_in_order() {
        let set: ModuleSet = "vfio-pci  igbvf".parse().expect("modules");
        assert_eq!(set.to_string(), "igbvf vfio_pci");
        assert!(set.contains(&"vfio_pci".parse().expect("a module")));
        assert!("a/b".parse::<ModuleSet>().is_err());
        assert_eq!("".parse::<ModuleSet>(), Ok(ModuleSet::default()));
    }
}
