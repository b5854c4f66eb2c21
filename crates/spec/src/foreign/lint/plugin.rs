//! Configurations of sriov-network-device-plugin: resources, and what each is made of. Which fields there are is the table of
//! `model`; which devices a selector takes is no matter of the linter.

use std::collections::BTreeMap;

use vfctl_model::{
    DevicePluginDeviceType, DevicePluginField, DevicePluginLevel, DevicePluginShape, DevicePluginVersion,
};

use super::field::{self, Field, Others, Table, Takes, check_word, require, walk};
use super::finding::Linter;
use super::json::{self, Json};
use super::row::Lint;
use super::{resource, selectors};
use crate::yaml::{Entry, Map, Node, Span};

/// Who reads these, in messages.
pub(super) const READER: &str = "sriov-network-device-plugin";

/// The prefix of resources that name none (`--resource-prefix`).
const PREFIX: &str = "intel.com";

/// The keys at the top.
const TOP: Table<'static> = Table {
    reader: READER,
    fields: &[Field { key: "resourceList", takes: Takes::List }],
    instead: &[("resources", Lint::UnknownKey, "write `resourceList`")],
    others: Others::Refused,
};

/// Words for resources that people write, beside those of the table.
const INSTEAD: &[(&str, Lint, &str)] = &[
    ("name", Lint::UnknownKey, "write `resourceName`"),
    ("prefix", Lint::UnknownKey, "write `resourcePrefix`"),
    ("selector", Lint::UnknownKey, "write `selectors`"),
    ("nicSelector", Lint::UnknownKey, "write `selectors`: `nicSelector` is of sriov-network-operator"),
    ("numVfs", Lint::UnknownKey, "remove it: the plugin makes no VFs; `count` of a spec of vfctl does"),
    (
        "rdmaHcaMax",
        Lint::UnknownKey,
        "remove it: it is of k8s-rdma-shared-dev-plugin, which shares RDMA devices",
    ),
];

/// Returns whether a map is such a configuration.
pub(super) fn is_one(map: &Map) -> bool {
    field::get(map, "resourceList").is_some()
}

/// Lints a configuration.
pub(super) fn lint(node: &Node, linter: &mut Linter) {
    linter.checked.plugin_configs += 1;
    let Some(map) = node.as_map() else {
        let message = format!("a configuration of {READER} is keys and values");
        return linter.say(Lint::WrongType, node.pointer(), message, "write `{\"resourceList\": […]}`");
    };
    walk(map, TOP, linter);
    require(
        map,
        "resourceList",
        node.pointer(),
        "add `\"resourceList\": […]`, with the resources to serve",
        linter,
    );
    let Some(list) = field::get(map, "resourceList") else { return };
    let resources = json::items(&list.value);
    if matches!(Json::of(&list.value), Json::List([])) {
        linter.say(
            Lint::EmptyList,
            list.key_span,
            "`resourceList` has no entry: the plugin exits",
            "add the resources to serve",
        );
    }
    linter.checked.pools += resources.len();
    let fields = table_fields(DevicePluginLevel::Resource);
    let instead = moved(
        DevicePluginLevel::Selectors,
        Lint::SelectorOutside,
        "move it into `selectors`: only there it counts",
        INSTEAD,
    );
    let table = Table { reader: READER, fields: &fields, instead: &instead, others: Others::Refused };
    let (mut names, mut selections) = (BTreeMap::new(), BTreeMap::new());
    for node in resources {
        let Some(map) = node.as_map() else {
            linter.say(
                Lint::WrongType,
                node.pointer(),
                "a resource is keys and values",
                "write `{\"resourceName\": …}`",
            );
            continue;
        };
        walk(map, table, linter);
        let place = node.pointer();
        check_name(map, place, &mut names, linter);
        let kind = device_type(map, linter);
        newer_fields(map, DevicePluginLevel::Resource, kind, linter);
        check_selectors(map, place, kind, &mut selections, linter);
    }
}

/// Returns the keys of a level of the table.
pub(super) fn table_fields(level: DevicePluginLevel) -> Vec<Field> {
    let rows = DevicePluginField::ALL.iter().map(|field| field.row()).filter(|row| row.level == level);
    rows.map(|row| {
        let takes = match row.shape {
            DevicePluginShape::Text => Takes::Text,
            DevicePluginShape::Flag => Takes::Flag,
            DevicePluginShape::Texts => Takes::Texts,
            DevicePluginShape::Selectors => Takes::Any,
            DevicePluginShape::Info => Takes::Map,
        };
        Field { key: row.name, takes }
    })
    .collect()
}

/// Returns the keys of another level, for tables of where they do not belong, and further ones.
pub(super) fn moved(
    level: DevicePluginLevel,
    lint: Lint,
    help: &'static str,
    more: &[(&'static str, Lint, &'static str)],
) -> Vec<(&'static str, Lint, &'static str)> {
    let rows = DevicePluginField::ALL.iter().map(|field| field.row()).filter(|row| row.level == level);
    rows.map(|row| (row.name, lint, help)).chain(more.iter().copied()).collect()
}

/// Says which fields this version of the plugin, or a resource of this type, does not heed.
pub(super) fn newer_fields(
    map: &Map,
    level: DevicePluginLevel,
    kind: DevicePluginDeviceType,
    linter: &mut Linter,
) {
    let version = linter.plugin;
    for Entry { key, key_span, .. } in &map.entries {
        let Some(field) = DevicePluginField::read(level, key) else { continue };
        match field.since(kind) {
            // The type as a whole is newer, which is said once.
            Some(_) if kind.since() > version => {}
            Some(since) if since > version => {
                let message = format!("`{field}` is of {READER} {since}: {version} ignores it");
                linter.say(
                    Lint::NewerField,
                    *key_span,
                    message,
                    format!("use {since} or newer, or remove `{field}`"),
                );
            }
            Some(_) => {}
            None => {
                let message = format!("{READER} ignores `{field}` in a resource of type {kind}");
                linter.say(
                    Lint::FieldOfOtherType,
                    *key_span,
                    message,
                    "remove it, or write another `deviceType`",
                );
            }
        }
    }
}

/// Checks prefix and name of a resource, and that no other has them.
fn check_name(map: &Map, place: Span, names: &mut BTreeMap<String, Span>, linter: &mut Linter) {
    let prefix = resource::prefix(map, linter).unwrap_or(PREFIX);
    let version = linter.plugin;
    let Some((entry, name)) = resource::name(map, place, linter) else { return };
    if !version.takes_name(name) {
        if DevicePluginVersion::NEWEST.takes_name(name) {
            let message = format!("{READER} {version} refuses the hyphen in `{name}`, and exits");
            let since = DevicePluginVersion::V3_6_0;
            let help = format!("write `{}`, or use {since} or newer", name.replace('-', "_"));
            linter.say(Lint::ResourceHyphen, entry.value.span, message, help);
        } else {
            resource::refused(entry, name, "letters, digits, `_` and `-`", READER, linter);
        }
    }
    resource::once(entry, format!("{prefix}/{name}"), names, READER, linter);
}

fn device_type(map: &Map, linter: &mut Linter) -> DevicePluginDeviceType {
    let Some(entry) = field::get(map, "deviceType") else { return DevicePluginDeviceType::default() };
    let Some(word) = json::text(&entry.value) else { return DevicePluginDeviceType::default() };
    let words: Vec<&str> = DevicePluginDeviceType::ALL.iter().map(|kind| kind.word()).collect();
    check_word("deviceType", entry.value.span, word, &words, linter);
    let kind = word.parse::<DevicePluginDeviceType>().unwrap_or_default();
    let (since, version) = (kind.since(), linter.plugin);
    if since > version {
        let message =
            format!("`{kind}` is of {READER} {since}: {version} exits, and serves no resource at all");
        linter.say(
            Lint::NewerField,
            entry.value.span,
            message,
            format!("use {since} or newer, or remove the resource"),
        );
    }
    kind
}

/// Checks the selectors of a resource: one object, or a list of them.
fn check_selectors(
    map: &Map,
    place: Span,
    kind: DevicePluginDeviceType,
    selections: &mut BTreeMap<String, Span>,
    linter: &mut Linter,
) {
    let Some(entry) = field::get(map, "selectors") else {
        if field::is_missing(map, "selectors") {
            let message = "`selectors` is missing: the plugin crashes, and serves no resource at all";
            linter.say(
                Lint::SelectorsMissing,
                place,
                message,
                "add `\"selectors\": {\"pfNames\": [\"ens1f0\"]}`",
            );
        }
        return;
    };
    let objects = match Json::of(&entry.value) {
        Json::List(items) => {
            if items.is_empty() {
                let help = "write `{\"pfNames\": [\"ens1f0\"]}`";
                linter.say(
                    Lint::SelectorsEmpty,
                    entry.key_span,
                    "`selectors` has no entry: the plugin refuses it",
                    help,
                );
            }
            let version = linter.plugin;
            if !version.takes_selector_lists() {
                let since = DevicePluginVersion::V3_6_0;
                let message =
                    format!("a list of selectors is of {READER} {since}: {version} drops the resource");
                linter.say(
                    Lint::NewerField,
                    entry.key_span,
                    message,
                    format!("use {since} or newer, or write one object"),
                );
            }
            items
        }
        Json::Map(_) => std::slice::from_ref(&entry.value),
        found @ (Json::Nothing | Json::Flag(_) | Json::Number(_) | Json::Text(_)) => {
            let message = format!("`selectors` takes keys and values, found {}", found.in_words());
            return linter.say(
                Lint::WrongType,
                entry.key_span,
                message,
                "write `{\"pfNames\": [\"ens1f0\"]}`",
            );
        }
    };
    for object in objects {
        selectors::lint(object, kind, linter);
    }
    if let Some(first) = selections.insert(format!("{kind}{}", content(&entry.value)), entry.key_span) {
        let message =
            "another resource before it has the same selectors: it takes the devices, and this one has none";
        let help = "narrow one of them, such as by `#0-3` and `#4-7` after the port, or remove it";
        linter.say_with(Lint::ShadowedPool, entry.key_span, message, help, (first, "this one takes them"));
    }
}

/// Returns what a value says, whatever the order of its keys.
fn content(node: &Node) -> String {
    match Json::of(node) {
        Json::Map(map) => {
            let entries: BTreeMap<String, String> = map
                .entries
                .iter()
                .map(|entry| (entry.key.to_ascii_lowercase(), content(&entry.value)))
                .collect();
            let entries = entries.iter().map(|(key, value)| format!("{key:?}:{value}"));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        }
        Json::List(items) => format!("[{}]", items.iter().map(content).collect::<Vec<_>>().join(",")),
        Json::Text(text) => format!("{text:?}"),
        Json::Number(number) => number.to_owned(),
        Json::Flag(flag) => flag.to_string(),
        Json::Nothing => "null".to_owned(),
    }
}
