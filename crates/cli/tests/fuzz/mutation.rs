//! Damages documents: bytes are flipped, cut out and repeated, nodes of JSON dropped, doubled, swapped and made absurd.

use fastrand::Rng;
use serde_json::{Value, json};

/// Returns the text with one or a few things changed.
pub(crate) fn damaged(rng: &mut Rng, text: &str) -> Vec<u8> {
    let mut tree = match serde_json::from_str::<Value>(text) {
        Ok(tree) if rng.u8(..4) > 0 => tree,
        _ => return damaged_bytes(rng, text.as_bytes().to_vec()),
    };
    for _ in 0..rng.usize(1..4) {
        damage_tree(rng, &mut tree);
    }
    tree.to_string().into_bytes()
}

/// Returns the bytes with a few of them changed.
pub(crate) fn damaged_bytes(rng: &mut Rng, mut bytes: Vec<u8>) -> Vec<u8> {
    for _ in 0..rng.usize(1..4) {
        let at = rng.usize(..=bytes.len());
        let end = (at + rng.usize(..40)).min(bytes.len());
        match rng.u8(..6) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            3 => drop(bytes.splice(at..at, vec![b"[{\""[rng.usize(..3)]; rng.usize(..5000)])),
            4 => drop(bytes.splice(at..at, *b"99999999999999999999")),
            _ if at < bytes.len() => bytes[at] ^= 1 << rng.u8(..8),
            _ => {}
        }
    }
    bytes
}

/// Changes one node of a tree, chosen by walking down from the root.
pub(crate) fn damage_tree(rng: &mut Rng, tree: &mut Value) {
    let children = match &*tree {
        Value::Object(map) => map.len(),
        Value::Array(list) => list.len(),
        _ => 0,
    };
    if children == 0 || rng.u8(..8) == 0 {
        return damage_node(rng, tree);
    }
    let at = rng.usize(..children);
    let child = match tree {
        Value::Object(map) => map.values_mut().nth(at),
        Value::Array(list) => list.get_mut(at),
        _ => None,
    };
    damage_tree(rng, child.expect("a child"));
}

fn damage_node(rng: &mut Rng, node: &mut Value) {
    match node {
        Value::Object(map) if !map.is_empty() && rng.bool() => {
            let keys: Vec<String> = map.keys().cloned().collect();
            let (one, other) = (&keys[rng.usize(..keys.len())], &keys[rng.usize(..keys.len())]);
            let value = map.get(one).cloned().expect("an entry");
            match rng.u8(..4) {
                0 => drop(map.remove(one)),
                1 => drop(map.insert(other.clone(), value)),
                2 => drop(map.insert(format!("{one}x"), value)),
                _ => {
                    let second = map.insert(other.clone(), value).expect("an entry");
                    map.insert(one.clone(), second);
                }
            }
        }
        Value::Array(list) if !list.is_empty() && rng.bool() => {
            let (one, other) = (rng.usize(..list.len()), rng.usize(..list.len()));
            match rng.u8(..3) {
                0 => drop(list.remove(one)),
                1 => list.insert(other, list[one].clone()),
                _ => list.swap(one, other),
            }
        }
        Value::Number(_) if rng.bool() => {
            *node =
                [json!(0), json!(1), json!(255), json!(65535), json!(u32::MAX), json!(u64::MAX), json!(-1)]
                    [rng.usize(..7)]
                .clone();
        }
        Value::String(text) if rng.bool() && text.is_ascii() => {
            let at = rng.usize(..=text.len());
            let piece = ["", "0", "9999", "-", ":", "/", "\n", "\u{0}", "ü", "  "][rng.usize(..10)];
            text.insert_str(at, piece);
        }
        _ => {
            let absurd =
                [json!(null), json!(true), json!(1.5), json!(""), json!([]), json!({}), json!("none")];
            *node = absurd[rng.usize(..absurd.len())].clone();
        }
    }
}
