//! Tests of ops as documents and as commands.

use super::*;
use crate::action::ActionKind;
use crate::action_row::Sample;

#[test]
fn op_of_each_action_round_trips_and_is_written_as_its_command() {
    for kind in ActionKind::ALL {
        let Sample { op: text, command } = kind.row().sample;
        let op: Op = serde_json::from_str(text).expect(text);
        assert_eq!(serde_json::to_string(&op).expect("JSON"), text);
        assert_eq!(op.to_string(), command);
        assert_eq!(op.action.kind(), *kind);
    }
}

#[test]
fn action_on_another_target_is_refused() {
    for wrong in [
        r#"{"pf":"pci/0000:01:00.0","action":"loadModule"}"#,
        r#"{"pf":"pci/0000:01:00.0","vf":3,"action":"unbindDriver"}"#,
        r#"{"action":"loadModule"}"#,
    ] {
        assert!(serde_json::from_str::<Op>(wrong).is_err(), "{wrong}");
    }
}
