//! A map by VF attribute: a cell for each row of the table, since a host may have thousands of VFs with a value in most of
//! them.

use crate::attribute::VfAttribute;

/// How many attributes there are.
const COUNT: usize = VfAttribute::ALL.len();

/// Values by attribute, in the table's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByAttribute<V>([Option<V>; COUNT]);

impl<V> Default for ByAttribute<V> {
    fn default() -> Self {
        Self([const { None }; COUNT])
    }
}

impl<V> ByAttribute<V> {
    /// Returns the value of an attribute.
    pub fn get(&self, attribute: VfAttribute) -> Option<&V> {
        self.0.get(attribute as usize)?.as_ref()
    }

    /// Returns the value of an attribute, to be changed.
    pub fn get_mut(&mut self, attribute: VfAttribute) -> Option<&mut V> {
        self.0.get_mut(attribute as usize)?.as_mut()
    }

    /// Gives an attribute a value, in place of the one it has.
    pub fn insert(&mut self, attribute: VfAttribute, value: V) {
        if let Some(cell) = self.0.get_mut(attribute as usize) {
            *cell = Some(value);
        }
    }

    /// Takes the value of an attribute out.
    pub fn remove(&mut self, attribute: VfAttribute) -> Option<V> {
        self.0.get_mut(attribute as usize)?.take()
    }

    /// Returns whether an attribute has a value.
    pub fn contains(&self, attribute: VfAttribute) -> bool {
        self.get(attribute).is_some()
    }

    /// Returns the attributes that have a value, with it.
    pub fn iter(&self) -> impl Iterator<Item = (VfAttribute, &V)> {
        let cells = VfAttribute::ALL.iter().zip(&self.0);
        cells.filter_map(|(attribute, cell)| Some((*attribute, cell.as_ref()?)))
    }

    /// Returns the values.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.0.iter().flatten()
    }

    /// Returns how many attributes have a value.
    pub fn len(&self) -> usize {
        self.values().count()
    }

    /// Returns whether no attribute has a value.
    pub fn is_empty(&self) -> bool {
        self.values().next().is_none()
    }
}

impl<V> FromIterator<(VfAttribute, V)> for ByAttribute<V> {
    fn from_iter<I: IntoIterator<Item = (VfAttribute, V)>>(values: I) -> Self {
        let mut map = Self::default();
        for (attribute, value) in values {
            map.insert(attribute, value);
        }
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attribute_has_a_cell_of_its_own() {
        let mut map: ByAttribute<&str> = VfAttribute::ALL.iter().map(|a| (*a, a.key())).collect();
        assert!(map.iter().map(|(a, key)| (a.key(), *key)).all(|(a, key)| a == key));
        assert_eq!(map.len(), VfAttribute::ALL.len());
        assert_eq!(map.remove(VfAttribute::Vlan), Some("vlan"));
        assert_eq!((map.get(VfAttribute::Vlan), map.contains(VfAttribute::Trust)), (None, true));
        map.insert(VfAttribute::Trust, "other");
        assert_eq!(map.get(VfAttribute::Trust), Some(&"other"));
    }
}
