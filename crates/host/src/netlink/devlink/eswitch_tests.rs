//! Tests of the switch's modes, on messages that Linux 6.12 exchanged with a netdevsim device.

use vfctl_model::{EswitchEncapMode, EswitchInlineMode, EswitchMode};

use super::super::super::wire::messages;
use super::super::super::wire::tests::{attribute, datagram, hex};
use super::super::connection::{attributes_of, request};
use super::*;

/// Returns the modes in a reply that has these attributes.
fn read(attributes: &[u8]) -> Eswitch {
    let bytes = datagram(23, 0, &[&[DEVLINK_CMD_ESWITCH_GET, 1, 0, 0], attributes].concat());
    let message = messages(&bytes).next().expect("a message");
    modes_in(attributes_of(&message).expect("attributes"))
}

#[test]
fn modes_are_read_as_the_kernel_sent_them() {
    let reply = "3c0000001700000008000000080100001d0100000e0001006e657464657673696d0000000f0002006e657464657673696d31000006\
                 00190001000000";
    let bytes = hex(reply);
    let message = messages(&bytes).next().expect("a message");
    let eswitch = modes_in(attributes_of(&message).expect("attributes"));
    assert_eq!(eswitch, Eswitch { mode: Some(SwitchMode::Switchdev), inline_mode: None, encap_mode: None });
}

#[test]
fn modes_are_read_together_and_a_number_without_word_is_kept() {
    let mode = attribute(25, &9u16.to_ne_bytes());
    let all = read(&[mode, attribute(26, &[3]), attribute(62, &[1]), attribute(999, &[1])].concat());
    let words = (all.mode.map(|m| m.to_string()), all.inline_mode.map(|m| m.to_string()), all.encap_mode);
    assert_eq!(
        words,
        (Some("mode 9".to_owned()), Some("transport".to_owned()), Some(SwitchEncapMode::Basic))
    );
    assert_eq!(read(&[]), Eswitch::default());
}

#[test]
fn mode_of_another_size_is_an_error_and_not_left_out() {
    let bytes = datagram(23, 0, &[&[DEVLINK_CMD_ESWITCH_GET, 1, 0, 0][..], &attribute(25, &[1])].concat());
    assert!(attributes_of(&messages(&bytes).next().expect("a message")).is_err());
}

#[test]
fn each_mode_is_set_alone_by_the_request_that_the_kernel_took() {
    let device = "netdevsim/netdevsim1".parse().expect("a device");
    let handle = "1e0100000e0001006e657464657673696d0000000f0002006e657464657673696d310000";
    for (setting, attribute) in [
        (EswitchSetting::Mode(EswitchMode::Switchdev), "0600190001000000"),
        (EswitchSetting::InlineMode(EswitchInlineMode::Link), "05001a0001000000"),
        (EswitchSetting::EncapMode(EswitchEncapMode::Basic), "05003e0001000000"),
    ] {
        let sent =
            request(23, DEVLINK_CMD_ESWITCH_SET, NLM_F_ACK, attributes_to_set(&device, setting)).finish(7);
        let expected = format!("3c000000170005000700000000000000{handle}{attribute}");
        assert_eq!(sent, hex(&expected), "{setting:?}");
    }
}
