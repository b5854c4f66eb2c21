//! The networks that a pod names in its annotations, in either of the two forms that multus takes (`ParsePodNetworkAnnotation`,
//! multus-cni, pkg/k8sclient/k8sclient.go).

use std::fmt;

use vfctl_model::{JsonValue, NamespaceName, ObjectKind, ObjectName, ObjectRef};

/// The annotation in which a pod names its networks.
pub(super) const NETWORKS: &str = "k8s.v1.cni.cncf.io/networks";
/// The annotation in which a pod names the network that takes the place of the cluster's own.
pub(super) const DEFAULT_NETWORK: &str = "v1.multus-cni.io/default-network";
/// The longest name of an interface (`IFNAMSIZ`, include/uapi/linux/if.h, without the NUL).
const LONGEST_INTERFACE: usize = 15;

/// A network that a pod names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkName {
    /// Its namespace: the pod's own where it names none.
    pub namespace: NamespaceName,
    /// Its name.
    pub name: ObjectName,
    /// The interface that the pod is to have of it.
    pub interface: Option<String>,
}

/// Why multus does not understand an annotation: the pod gets no network at all then, and does not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnnotationError {
    /// It looks like JSON and is none.
    #[error("it is not JSON")]
    NotJson,
    /// It is JSON, but no list of objects.
    #[error("it is JSON, but not a list of objects")]
    NotAList,
    /// An entry has no name.
    #[error("entry {0} of the list has no `name`")]
    NoName(usize),
    /// An entry of a list with commas is empty.
    #[error("entry {0} of the list is empty")]
    Empty(usize),
    /// An entry is not of the form `NAMESPACE/NAME@INTERFACE`.
    #[error("`{0}` is not a network (NAME, NAMESPACE/NAME or NAMESPACE/NAME@INTERFACE)")]
    NotANetwork(String),
}

impl NetworkName {
    /// Returns the networks that an annotation names; none where it is empty.
    ///
    /// # Errors
    /// Where multus would not understand it.
    pub fn list(text: &str, namespace: &NamespaceName) -> Result<Vec<Self>, AnnotationError> {
        if text.trim().is_empty() {
            return Ok(Vec::new());
        }
        if !text.contains(['[', '{', '"']) {
            let entries = text.split(',').enumerate();
            return entries
                .map(|(position, entry)| Self::of_text(entry.trim(), position + 1, namespace))
                .collect();
        }
        match JsonValue::from_text(text).map_err(|_| AnnotationError::NotJson)? {
            JsonValue::List(entries) => {
                let entries = entries.iter().enumerate();
                entries.map(|(position, entry)| Self::of_value(entry, position + 1, namespace)).collect()
            }
            _ => Err(AnnotationError::NotAList),
        }
    }

    fn of_text(entry: &str, position: usize, namespace: &NamespaceName) -> Result<Self, AnnotationError> {
        if entry.is_empty() {
            return Err(AnnotationError::Empty(position));
        }
        let (place, rest) = match entry.split_once('/') {
            Some((place, rest)) => (Some(place), rest),
            None => (None, entry),
        };
        let (name, interface) = match rest.split_once('@') {
            Some((name, interface)) => (name, Some(interface)),
            None => (rest, None),
        };
        Self::of_parts(place, name, interface, namespace)
            .ok_or_else(|| AnnotationError::NotANetwork(entry.to_owned()))
    }

    fn of_value(
        entry: &JsonValue,
        position: usize,
        namespace: &NamespaceName,
    ) -> Result<Self, AnnotationError> {
        if !matches!(entry, JsonValue::Fields(_)) {
            return Err(AnnotationError::NotAList);
        }
        // Go takes keys in any case of their letters.
        let field = |key: &str| {
            let mut fields = entry.fields().filter(|(name, _)| name.eq_ignore_ascii_case(key));
            fields.next().and_then(|(_, value)| value.text()).filter(|text| !text.is_empty())
        };
        let name = field("name").ok_or(AnnotationError::NoName(position))?;
        Self::of_parts(field("namespace"), name, field("interface"), namespace)
            .ok_or_else(|| AnnotationError::NotANetwork(entry.to_text()))
    }

    fn of_parts(
        place: Option<&str>,
        name: &str,
        interface: Option<&str>,
        namespace: &NamespaceName,
    ) -> Option<Self> {
        let is_plain = |text: &str| {
            !text.is_empty() && text.len() <= LONGEST_INTERFACE && !text.contains(['@', '/', ' '])
        };
        if !interface.is_none_or(is_plain) {
            return None;
        }
        let namespace = match place {
            Some(place) => place.parse().ok()?,
            None => namespace.clone(),
        };
        Some(Self { namespace, name: name.parse().ok()?, interface: interface.map(str::to_owned) })
    }

    /// Returns the NetworkAttachmentDefinition that is meant.
    pub fn object(&self) -> ObjectRef {
        let kind = ObjectKind::NetworkAttachmentDefinition;
        ObjectRef::in_namespace(kind, self.namespace.clone(), self.name.clone())
    }
}

impl fmt::Display for NetworkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { namespace, name, interface: _ } = self;
        write!(f, "{namespace}/{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Result<Vec<String>, AnnotationError> {
        let namespace = "own".parse().expect("a name");
        let show = |network: NetworkName| match &network.interface {
            Some(interface) => format!("{network}@{interface}"),
            None => network.to_string(),
        };
        Ok(NetworkName::list(text, &namespace)?.into_iter().map(show).collect())
    }

    #[test]
    fn both_forms_are_read_as_multus_reads_them() {
        for (text, expected) in [
            ("", vec![]),
            ("a", vec!["own/a"]),
            ("a, b/c@net1 ,d@x", vec!["own/a", "b/c@net1", "own/d@x"]),
            (r#"[{"name": "a"}]"#, vec!["own/a"]),
            (r#"[{"name": "a", "namespace": "", "interface": ""}]"#, vec!["own/a"]),
            (
                r#"[{"Name": "a", "namespace": "b", "interface": "net1", "ips": ["10.0.0.1/24"]}]"#,
                vec!["b/a@net1"],
            ),
            ("[]", vec![]),
        ] {
            assert_eq!(named(text), Ok(expected.into_iter().map(str::to_owned).collect()), "{text}");
        }
    }

    #[test]
    fn what_multus_refuses_is_an_error_that_names_the_entry() {
        let network = |text: &str| AnnotationError::NotANetwork(text.to_owned());
        for (text, expected) in [
            (r#"[{"name": "a""#, AnnotationError::NotJson),
            (r#"{"name": "a"}"#, AnnotationError::NotAList),
            (r#"["a"]"#, AnnotationError::NotAList),
            (r#"[{"name": "a"}, {"namespace": "b"}]"#, AnnotationError::NoName(2)),
            (r#"[{"name": 3}]"#, AnnotationError::NoName(1)),
            ("a,", AnnotationError::Empty(2)),
            ("a b", network("a b")),
            ("Upper", network("Upper")),
            ("a/b/c", network("a/b/c")),
            ("a@", network("a@")),
            ("a@b@c", network("a@b@c")),
            ("a@sixteen-letters-", network("a@sixteen-letters-")),
        ] {
            assert_eq!(named(text), Err(expected), "{text}");
        }
    }
}
