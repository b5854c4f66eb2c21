//! Tests of the table of actions.

use super::*;

#[test]
fn word_of_each_action_is_its_name_in_documents() {
    for kind in ActionKind::ALL {
        assert_eq!(kind.to_string().parse(), Ok(*kind));
        assert_eq!(kind.row().kind, *kind);
        assert!(kind.row().word.eq_ignore_ascii_case(&format!("{kind:?}")), "{kind:?}");
    }
    let json = |action: &Action| serde_json::to_string(action).expect("JSON");
    assert_eq!(json(&Action::CreateVfs(8)), r#"{"createVfs":8}"#);
    assert_eq!(json(&Action::RemoveVfs), r#""removeVfs""#);
}

#[test]
fn messages_and_only_they_go_in_batches_and_never_hang() {
    for row in ActionKind::ALL.iter().map(|kind| kind.row()) {
        assert!(!row.phases.is_empty(), "{}", row.word);
        assert_eq!(row.may_batch, row.transport == Transport::LinkMessage, "{}", row.word);
        let comes_back = matches!(row.transport, Transport::LinkMessage | Transport::Api);
        assert_eq!(row.may_hang, !comes_back, "{}", row.word);
    }
}
