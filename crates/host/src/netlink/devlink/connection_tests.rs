//! Tests of looking the family up, and of requests, held against what Linux 6.12 and netdevsim exchanged.

use proptest::prelude::*;

use super::super::super::wire::messages;
use super::super::super::wire::tests::{attribute, datagram, hex};
use super::*;

/// The controller's reply, without most of the operations that it lists.
const FAMILY: &str = "010200000c0002006465766c696e6b0006000100170000000800030001000000080004000000000008000500000000002c0006001400\
                      01000800010001000000080002000e000000140002000800010005000000080002000e0000001c000700180001000800020008\
                      0000000b000100636f6e6669670000";

#[test]
fn family_is_read_as_the_kernel_sent_it() {
    assert_eq!(family_in(&hex(FAMILY)).expect("a reply"), Some(23));
}

#[test]
fn family_is_read_beside_attributes_that_are_not_known_yet() {
    // CTRL_ATTR_OPS and CTRL_ATTR_POLICY are known, and cut short.
    let others = [attribute(99, &[1]), attribute(6, &[1]), attribute(8, &[]), hex(FAMILY)[4..].to_vec()];
    assert_eq!(family_in(&[vec![1, 2, 0, 0], others.concat()].concat()).expect("a reply"), Some(23));
    assert_eq!(family_in(&[1, 2, 0, 0]).expect("a reply"), None);
    assert!(family_in(&[1, 2, 0, 0, 9, 0, 0]).is_err());
    assert!(family_in(&[vec![1, 2, 0, 0], attribute(1, &[23])].concat()).is_err());
}

#[test]
fn requests_are_those_that_the_kernel_answered() {
    let device = "netdevsim/netdevsim1".parse().expect("a device");
    let bytes = request(23, 29, NLM_F_ACK, handle_of(&device).into()).finish(3);
    let sent = "340000001700050003000000000000001d0100000e0001006e657464657673696d0000000f0002006e657464657673696d310000";
    assert_eq!(bytes, hex(sent));
    let pci = "pci/0000:3b:00.1".parse().expect("a device");
    let names = handle_of(&pci);
    assert_eq!(names[0], DevlinkAttribute::BusName("pci".to_owned()));
    assert_eq!(names[1], DevlinkAttribute::DevName("0000:3b:00.1".to_owned()));
}

proptest! {
    #[test]
    fn no_bytes_make_the_readers_stumble(
        attributes in prop::collection::vec((0..160u16, prop::collection::vec(any::<u8>(), 0..8)), 0..5),
        cut in 0..8usize,
    ) {
        let attributes = attributes.iter().flat_map(|(kind, payload)| attribute(*kind, payload));
        let mut payload: Vec<u8> = [1, 2, 0, 0].into_iter().chain(attributes).collect();
        payload.truncate(payload.len() - cut.min(payload.len()));
        let bytes = datagram(23, 0, &payload);
        let _ = (family_in(&payload), attributes_of(&messages(&bytes).next().expect("a message")));
    }
}

#[test]
fn devlink_is_there_or_not_and_neither_is_an_error() {
    assert!(Devlink::open().is_ok());
}
