//! What holds of any cluster, however little of it is there.

use proptest::prelude::*;
use serde_json::{Value, json};
use vfctl_kinds::pod::LinkState;
use vfctl_model::ObjectKind;

use crate::cluster::{NETWORKS, chain, event, facts, starting, waiting, well};

/// Returns any of the small clusters with objects missing, other texts in the pod's annotation, and kinds that were not read.
fn clusters() -> impl Strategy<Value = (Value, Vec<ObjectKind>)> {
    let base = prop_oneof![
        Just(well()),
        Just(waiting("0/1 nodes are available.")),
        Just(starting(Some(("FailedCreatePodSandBox", "no IP addresses available in range")))),
    ];
    let texts =
        prop_oneof![Just(None), "[ -~]{0,40}".prop_map(Some), "[{}\\[\\]\",:a-z/@]{0,20}".prop_map(Some)];
    let unread = prop::sample::subsequence(ObjectKind::ALL.to_vec(), 0..=2);
    (base, prop::collection::vec(any::<bool>(), 8), texts, unread, "\\PC{0,60}").prop_map(
        |(mut objects, kept, text, unread, message)| {
            let names: Vec<String> = objects.as_object().expect("objects").keys().cloned().collect();
            for (name, is_kept) in names.iter().zip(kept) {
                if !is_kept {
                    objects.as_object_mut().expect("objects").remove(name);
                }
            }
            if let (Some(text), Some(place)) = (text, objects.pointer_mut(NETWORKS)) {
                *place = json!(text);
            }
            objects["event default/a.9"] = event("FailedCreatePodSandBox", &message);
            (objects, unread)
        },
    )
}

proptest! {
    #[test]
    fn chain_is_never_empty_and_only_a_whole_one_holds((objects, unread) in clusters()) {
        let mut cluster = facts(&objects);
        for kind in unread {
            cluster.objects.retain(|object, _| object.kind() != kind);
            cluster.unread.insert(kind, "forbidden".to_owned());
        }
        let chain = chain(cluster);
        prop_assert!(!chain.links.is_empty());
        prop_assert_eq!(chain.state == LinkState::Holds, chain.first_trouble().is_none());
        for link in &chain.links {
            prop_assert_eq!(link.reason.is_some(), link.state == LinkState::Broken, "{}", chain);
            // Whoever reads of trouble reads what to do.
            prop_assert!(link.state == LinkState::Holds || link.help.is_some(), "{}", chain);
            prop_assert!(!link.found.is_empty() && !link.about.is_empty(), "{}", chain);
        }
        // One line each: texts of others have line breaks.
        let lines = chain.links.iter().map(|link| 1 + link.details.len() + usize::from(link.help.is_some()));
        prop_assert_eq!(chain.to_string().lines().count(), 2 + lines.sum::<usize>());
    }
}
