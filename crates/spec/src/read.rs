//! A tree becomes a document, with every mistake on the way: read until a mistake, note it, take what is wrong
//! out of the tree, and read again.

use serde::de::DeserializeOwned;
use vfctl_kinds::document::{API_VERSION, KIND};
use vfctl_kinds::path::SpecPath;
use vfctl_kinds::suggest::did_you_mean;

use crate::diagnostic::{Fault, quoted};
use crate::fix;
use crate::foreign;
use crate::unsupported::is_not_built;
use crate::yaml::{Entry, Map, Mistake, Node, Problem, Span, Step, Value};

/// How many mistakes of one document are told; who has more is better served by the first.
const MOST_FAULTS: usize = 100;

/// Reads a document. What is wrong is said and taken out of `root`; the rest is returned, for the rules between
/// fields, or `None` where nothing of use is left.
pub(crate) fn read<T: DeserializeOwned>(root: &mut Node) -> (Option<T>, Vec<Fault>) {
    let mut faults = Vec::new();
    loop {
        let mistake = match T::deserialize(&*root) {
            Ok(document) => return (Some(document), faults),
            Err(mistake) => mistake,
        };
        if faults.len() >= MOST_FAULTS {
            let last = faults.last().map_or_else(|| root.pointer(), |fault| fault.span);
            faults.push(Fault::new(last, "too many mistakes; the rest is not shown", "fix these first"));
            return (None, faults);
        }
        let Mistake { problem, mut steps } = mistake;
        steps.reverse();
        let place = Way::of(root, &steps);
        let mended = match problem {
            Problem::MissingKey(key) => {
                if !place.in_hole && !place.excuses(key) {
                    faults.push(missing(&place, key));
                }
                fill(root, &steps, key)
            }
            _ if place.in_hole => prune_around_hole(root, &steps),
            // What a type wants instead of a map that lost entries, it may have had before.
            Problem::Said(_) | Problem::Wanted { .. } if place.lost_entries() => {
                prune(root, &steps, Vec::new())
            }
            problem => {
                let (fault, excused) = explain(&place, problem);
                faults.push(fault);
                prune(root, &steps, excused)
            }
        };
        if mended.is_none() {
            return (None, faults);
        }
    }
}

/// Where a mistake is.
struct Way<'a> {
    /// The node that it is in.
    node: &'a Node,
    /// Where to point.
    span: Span,
    /// The key under which the node stands.
    key_span: Span,
    /// The path of the map that holds the node.
    map: SpecPath,
    /// Whether it is in, or is, something that was filled in.
    in_hole: bool,
    /// Whether a key of the node is meant, and not the node itself.
    is_key: bool,
}

impl<'a> Way<'a> {
    fn of(root: &'a Node, steps: &[Step]) -> Self {
        let (mut way, mut path) = (
            Self {
                node: root,
                span: root.pointer(),
                key_span: root.pointer(),
                map: SpecPath::default(),
                in_hole: false,
                is_key: matches!(steps.last(), Some(Step::Key(_))),
            },
            SpecPath::default(),
        );
        for step in steps {
            way.in_hole |= way.node.is_hole();
            way.map = path.clone();
            match (step, &way.node.value) {
                (Step::Key(position), Value::Map(map)) => {
                    if let Some(entry) = map.entries.get(*position) {
                        (way.span, way.key_span) = (entry.key_span, entry.key_span);
                    }
                }
                (Step::Value(position), Value::Map(map)) => {
                    if let Some(Entry { key, key_span, value }) = map.entries.get(*position) {
                        way.span = if value.as_text().is_some() { value.span } else { *key_span };
                        (way.node, way.key_span, path) = (value, *key_span, path.key(key));
                    }
                }
                (Step::Item(position), Value::List(items)) => {
                    if let Some(item) = items.get(*position) {
                        (way.node, way.span, path) = (item, item.pointer(), path.index(*position));
                        way.key_span = way.span;
                    }
                }
                (Step::Key(_) | Step::Value(_) | Step::Item(_), _) => {}
            }
        }
        way.in_hole |= way.node.is_hole();
        way
    }

    /// Returns whether this is a map that mistakes were taken out of. What is wrong with a key of it is wrong in any case.
    fn lost_entries(&self) -> bool {
        !self.is_key && self.node.as_map().is_some_and(|map| !map.excused.is_empty())
    }

    /// Returns whether the absence of this key is no further mistake.
    fn excuses(&self, key: &str) -> bool {
        self.node.as_map().is_some_and(|map| map.excused.contains(key))
    }
}

fn missing(place: &Way<'_>, key: &str) -> Fault {
    let span = match place.node.as_map() {
        Some(map) if map.entries.is_empty() => place.span,
        _ => place.node.pointer(),
    };
    let value = match key {
        "apiVersion" => API_VERSION,
        "kind" => KIND,
        _ => "…",
    };
    Fault::new(span, format!("{} is missing here", quoted(key)), format!("add `{key}: {value}` beside this"))
}

/// Returns what to tell, and the keys whose absence is explained by it.
fn explain(place: &Way<'_>, problem: Problem) -> (Fault, Vec<String>) {
    let span = place.span;
    let fault = match problem {
        Problem::UnknownKey { key, allowed } if is_not_built(&place.map, &key) => {
            let message = format!("{} is not supported in this version", quoted(&key));
            let help = "remove it; this version does nothing with it";
            return (Fault::new(span, message, help), allowed.iter().map(|key| (*key).to_owned()).collect());
        }
        Problem::UnknownKey { key, allowed } => {
            let (meant, help) = instead_of(&key, allowed);
            let fault = Fault::new(span, format!("no such field {}", quoted(&key)), help);
            return (fault, meant.map(str::to_owned).into_iter().collect());
        }
        Problem::UnknownWord { word, allowed } => {
            let meant = did_you_mean(&word, allowed).map(|word| format!("did you mean `{word}`? "));
            let help = format!("{}values here: {}", meant.unwrap_or_default(), list(allowed));
            Fault::new(span, format!("no such value {}", quoted(&word)), help)
        }
        Problem::Said(message) => Fault::new(span, message, "`vfctl schema spec` says what this field takes"),
        Problem::Wanted { wanted, found } => {
            let message = format!("expected {wanted}, found {found}");
            Fault::new(span, message, fix::of_wanted(place.node, &wanted))
        }
        Problem::NoValue => {
            let help = "write a value, or remove the field: what is absent is left as it is";
            Fault::new(place.key_span, "no value is given", help)
        }
        Problem::BareMac(mac) => Fault::new(
            span,
            "a MAC address without quotes: other YAML readers take some as numbers of base 60",
            format!("quote it: \"{mac}\""),
        ),
        Problem::MissingKey(key) => missing(place, key),
    };
    (fault, Vec::new())
}

/// Returns the field that is meant by a key that no field of a map has, where one is known, and what to do about it.
fn instead_of(key: &str, fields: &[&'static str]) -> (Option<&'static str>, String) {
    let foreign = foreign::word(key);
    let is_here = |word: &&foreign::Word| word.field().is_some_and(|field| fields.contains(&field));
    if let Some(word) = foreign.filter(is_here) {
        return (word.field(), word.help(fields));
    }
    match (did_you_mean(key, fields), foreign) {
        // Where one field is near, the list of all is noise.
        (Some(field), _) => (Some(field), format!("did you mean `{field}`?")),
        (None, Some(word)) => (None, word.help(fields)),
        (None, None) => (None, format!("fields here: {}", list(fields))),
    }
}

fn list(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// Returns the node at the end of these steps; a key's step ends at its map.
fn descend<'a>(root: &'a mut Node, steps: &[Step]) -> Option<&'a mut Node> {
    steps.iter().try_fold(root, |node, step| match (step, &mut node.value) {
        (Step::Value(position), Value::Map(map)) => {
            map.entries.get_mut(*position).map(|entry| &mut entry.value)
        }
        (Step::Item(position), Value::List(items)) => items.get_mut(*position),
        (Step::Key(_) | Step::Value(_) | Step::Item(_), _) => None,
    })
}

/// Puts a stand-in where `key` is missing; `None` where that is impossible.
fn fill(root: &mut Node, steps: &[Step], key: &str) -> Option<()> {
    let node = descend(root, steps)?;
    let span = node.pointer();
    let Value::Map(map) = &mut node.value else { return None };
    if map.entries.iter().any(|entry| entry.key == key) {
        return None;
    }
    map.excused.insert(key.to_owned());
    map.entries.push(Entry { key: key.to_owned(), key_span: span, value: Node::hole(span) });
    Some(())
}

/// Takes out what the steps lead to; `None` where that is the whole document.
fn prune(root: &mut Node, steps: &[Step], excused: Vec<String>) -> Option<()> {
    let (last, before) = steps.split_last()?;
    let parent = descend(root, before)?;
    match (last, &mut parent.value) {
        (Step::Key(position) | Step::Value(position), Value::Map(map)) => {
            let Map { entries, excused: excuses, .. } = map;
            let entry = (*position < entries.len()).then(|| entries.remove(*position))?;
            excuses.insert(entry.key);
            excuses.extend(excused);
        }
        (Step::Item(position), Value::List(items)) => {
            (*position < items.len()).then(|| items.remove(*position))?;
            parent.is_cut = true;
        }
        (Step::Key(_) | Step::Value(_) | Step::Item(_), _) => return None,
    }
    Some(())
}

/// Takes out the value that has a stand-in which its field cannot take.
fn prune_around_hole(root: &mut Node, steps: &[Step]) -> Option<()> {
    let is_hole = |length: usize, root: &mut Node| {
        steps.get(..length).and_then(|steps| descend(root, steps)).is_some_and(|node| node.is_hole())
    };
    let length = (0..=steps.len()).find(|length| is_hole(*length, root))?;
    prune(root, steps.get(..length.checked_sub(1)?)?, Vec::new())
}
