//! The rights among the objects that `vfctl rbac` prints, one by one, and what names them.

use serde_json::{Value, json};

/// A right: one verb of one rule of one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedRight {
    /// The role's position among what is printed.
    pub(super) item: usize,
    pub(super) rule: usize,
    /// The name of role and account.
    pub role: String,
    /// The namespace of the role; `None` where it is the cluster's.
    pub namespace: Option<String>,
    /// The verb.
    pub verb: String,
    /// The resource, with its group.
    pub resource: String,
}

impl PrintedRight {
    /// The role that it is of.
    pub(super) fn in_list(&self, list: &Value) -> Value {
        members(list, "items").get(self.item).cloned().unwrap_or_default()
    }

    /// The question whether who asks has it (`SelfSubjectAccessReview`, k8s.io/api/authorization/v1).
    pub(super) fn review(&self, list: &Value) -> Value {
        let (plural, group) = self.resource.split_once('.').unwrap_or((&self.resource, ""));
        let (plural, subresource) = plural.split_once('/').unwrap_or((plural, ""));
        let names = self.object_names(list);
        json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {
            "resourceAttributes": {
                "namespace": self.namespace.as_deref().unwrap_or_default(),
                "verb": self.verb, "group": group, "resource": plural, "subresource": subresource,
                "name": names.first().map_or("", String::as_str)}}})
    }

    /// The names of the objects that it is for; none where it is for all.
    fn object_names(&self, list: &Value) -> Vec<String> {
        let role = self.in_list(list);
        members(&role, "rules").get(self.rule).map(|rule| texts(rule, "resourceNames")).unwrap_or_default()
    }
}

/// The rights of a list of objects, in order.
pub fn printed(list: &Value) -> Vec<PrintedRight> {
    let mut rights = Vec::new();
    for (item, object) in members(list, "items").iter().enumerate() {
        if !matches!(text(object, "/kind"), Some("Role" | "ClusterRole")) {
            continue;
        }
        for (rule, content) in members(object, "rules").iter().enumerate() {
            for verb in texts(content, "verbs") {
                for resource in texts(content, "resources") {
                    let group = texts(content, "apiGroups").into_iter().find(|group| !group.is_empty());
                    let named = group.map_or(resource.clone(), |group| format!("{resource}.{group}"));
                    rights.push(PrintedRight {
                        item,
                        rule,
                        role: text(object, "/metadata/name").unwrap_or_default().to_owned(),
                        namespace: text(object, "/metadata/namespace").map(str::to_owned),
                        verb: verb.clone(),
                        resource: named,
                    });
                }
            }
        }
    }
    rights
}

/// The role of a right without its verb.
pub(super) fn without(list: &Value, right: &PrintedRight) -> Value {
    let mut role = right.in_list(list);
    let path = format!("/rules/{}", right.rule);
    let verbs = role.pointer_mut(&format!("{path}/verbs")).and_then(Value::as_array_mut);
    let is_empty = verbs.is_some_and(|verbs| {
        verbs.retain(|verb| verb.as_str() != Some(&right.verb));
        verbs.is_empty()
    });
    if let Some(rules) = role.get_mut("rules").and_then(Value::as_array_mut).filter(|_| is_empty) {
        rules.remove(right.rule);
    }
    role
}

pub(super) fn members<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub(super) fn texts(value: &Value, name: &str) -> Vec<String> {
    members(value, name).iter().filter_map(|text| Some(text.as_str()?.to_owned())).collect()
}

/// Whether a message names a right: in the words of the API server, also where it lets nobody give what they do not have, or in vfctl's.
pub(super) fn names(said: &str, right: &PrintedRight) -> bool {
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let PrintedRight { verb, resource, namespace, .. } = right;
    let plural = resource.split('.').next().unwrap_or_default();
    let has_right = said.contains(&format!("cannot {verb} resource \"{plural}\""))
        || said.contains(&format!("may not {verb} {resource} "));
    let in_namespace = |name: &String| {
        said.contains(&format!("in namespace {name}"))
            || said.contains(&format!("in the namespace \"{name}\""))
    };
    let is_given = said.split("RBAC permissions not currently held").nth(1).is_some_and(|missing| {
        missing.contains(&format!("Resources:[\"{plural}\"]")) && missing.contains(&format!("\"{verb}\""))
    });
    has_right && namespace.as_ref().is_none_or(in_namespace) || is_given
}

/// The text at a path; `None` where there is none.
pub(super) fn text<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    value.pointer(path)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> Value {
        json!({"items": [
            {"kind": "ServiceAccount", "metadata": {"name": "a"}},
            {"kind": "Role", "metadata": {"name": "a", "namespace": "n"}, "rules": [
                {"apiGroups": ["apps"], "resources": ["daemonsets"], "verbs": ["create"]},
                {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]}]})
    }

    #[test]
    fn each_verb_of_each_rule_is_taken_away_alone() {
        let rights = printed(&list());
        let named: Vec<_> = rights.iter().map(|right| format!("{} {}", right.verb, right.resource)).collect();
        assert_eq!(named, ["create daemonsets.apps", "get pods", "list pods"]);
        assert_eq!(without(&list(), &rights[0])["rules"].as_array().map(Vec::len), Some(1));
        assert_eq!(without(&list(), &rights[1])["rules"][1]["verbs"], json!(["list"]));
    }

    #[test]
    fn a_right_is_asked_for_by_group_resource_subresource_and_name() {
        let list = json!({"items": [{"kind": "ClusterRole", "metadata": {"name": "a"}, "rules": [
            {"apiGroups": ["apps"], "resources": ["daemonsets/status"], "verbs": ["get"], "resourceNames": ["b"]}]}]});
        let review = printed(&list)[0].review(&list);
        let wanted = json!({"namespace": "", "verb": "get", "group": "apps", "resource": "daemonsets",
            "subresource": "status", "name": "b"});
        assert_eq!(review["spec"]["resourceAttributes"], wanted);
    }

    #[test]
    fn a_message_names_a_right_by_verb_resource_and_namespace() {
        let rights = printed(&list());
        assert!(names("the account may not create daemonsets.apps in namespace n (x)", &rights[0]));
        assert!(!names("the account may not create daemonsets.apps in namespace m (x)", &rights[0]));
        assert!(names(
            "User \"x\" cannot list resource\n    \"pods\" in API group \"\" in the namespace \"n\"",
            &rights[2]
        ));
        assert!(!names("403 Forbidden", &rights[2]));
    }
}
