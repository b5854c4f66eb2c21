//! Names of resources, as Kubernetes and the plugins that serve them take them.

use std::collections::BTreeMap;

use vfctl_model::is_dns_label;

use super::field::{self, require};
use super::finding::Linter;
use super::json;
use super::row::Lint;
use crate::diagnostic::quoted;
use crate::yaml::{Entry, Map, Span};

/// Returns the name of a resource; that it is missing is said.
pub(super) fn name<'a>(map: &'a Map, place: Span, linter: &mut Linter) -> Option<(&'a Entry, &'a str)> {
    require(
        map,
        "resourceName",
        place,
        "add `\"resourceName\": \"…\"`: pods ask for it by prefix and name",
        linter,
    );
    field::text_entry(map, "resourceName")
}

/// Returns the prefix of a resource, where it has one of its own. It must be a DNS subdomain (RFC 1123), or Kubernetes refuses
/// the resource.
pub(super) fn prefix<'a>(map: &'a Map, linter: &mut Linter) -> Option<&'a str> {
    let (entry, prefix) =
        field::text_entry(map, "resourcePrefix").filter(|(_, prefix)| !prefix.is_empty())?;
    let is_label = |label: &str| label.len() <= 63 && is_dns_label(label);
    if !prefix.split('.').all(is_label) || prefix.len() > 253 {
        let message = format!("Kubernetes refuses the resource prefix {}", quoted(prefix));
        let help = "write a domain in lower case, without `/` and `_`: \"intel.com\"";
        linter.say(Lint::ResourcePrefix, entry.value.span, message, help);
    } else if prefix.split('.').rev().take(2).eq(["io", "kubernetes"]) {
        let message = format!("the resource prefix `{prefix}` is for Kubernetes' own resources");
        linter.say(
            Lint::ResourcePrefix,
            entry.value.span,
            message,
            "write a domain of another: \"intel.com\"",
        );
    }
    Some(prefix)
}

/// Says that a plugin refuses a name.
pub(super) fn refused(entry: &Entry, name: &str, takes: &str, reader: &str, linter: &mut Linter) {
    let message = format!("{reader} refuses the resource name {}", quoted(name));
    let help = match name.rsplit_once('/') {
        Some((prefix, _)) => {
            format!("write the part before `/` as `\"resourcePrefix\": {}`", json::written(prefix))
        }
        None => format!("write {takes} alone"),
    };
    linter.say(Lint::ResourceName, entry.value.span, message, help);
}

/// Says that another resource has the same name.
pub(super) fn once(
    entry: &Entry,
    name: String,
    names: &mut BTreeMap<String, Span>,
    reader: &str,
    linter: &mut Linter,
) {
    if let Some(first) = names.get(&name) {
        let message =
            format!("the resource {} is there already: {reader} refuses both, and exits", quoted(&name));
        let help = "write another name; one resource takes several kinds of devices by longer lists";
        linter.say_with(Lint::ResourceTwice, entry.value.span, message, help, (*first, "the first"));
    } else {
        names.insert(name, entry.value.span);
    }
}
