//! Tests of acknowledgements, with and without words of the kernel.

use super::super::wire::messages;
use super::super::wire::tests::{attribute, datagram, hex};
use super::*;

const WORDS: &str = "mtu greater than device maximum";

/// Returns the attribute with the kernel's words.
fn said(words: &str) -> Vec<u8> {
    attribute(NLMSGERR_ATTR_MSG, format!("{words}\0").as_bytes())
}

/// Reads an `NLMSG_ERROR` or `NLMSG_DONE` that has these flags, this code and what follows.
fn read(kind: u16, flags: u16, code: i32, rest: &[u8]) -> Option<Ack> {
    let bytes = datagram(kind, flags, &[&code.to_ne_bytes(), rest].concat());
    Ack::read(&messages(&bytes).next().expect("a message"))
}

#[test]
fn ack_has_the_number_and_the_words_whether_the_request_is_echoed_or_not() {
    // The header of a request of 32 bytes; whole, its body follows.
    let header = [32u32.to_ne_bytes(), [0; 4], [0; 4], [0; 4]].concat();
    let capped = [header.clone(), said(WORDS)].concat();
    let echoed = [header.clone(), vec![0xff; 16], said(WORDS)].concat();
    let refused = Some(Ack::Refused(Errno::EINVAL, Some(WORDS.to_owned())));
    assert_eq!(read(NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS, -22, &capped), refused);
    assert_eq!(read(NLMSG_ERROR, NLM_F_ACK_TLVS, -22, &echoed), refused);
    assert_eq!(read(NLMSG_DONE, NLM_F_ACK_TLVS, -22, &said(WORDS)), refused);
    assert_eq!(read(NLMSG_ERROR, NLM_F_CAPPED, -16, &header), Some(Ack::Refused(Errno::EBUSY, None)));
    assert_eq!(read(NLMSG_ERROR, NLM_F_CAPPED, 0, &header), Some(Ack::Accepted));
}

#[test]
fn words_of_the_kernel_are_read_as_it_sent_them() {
    // devlink's refusal of the switch mode 9, Linux 6.12.
    let rest = "3c00000017000500040000000000000019000100696e7465676572206f7574206f662072616e676500000000\
                0800020034000000240004800c00040000000000000000000c00050001000000000000000800010003000000";
    let words = Some("integer out of range".to_owned());
    let found = read(NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS, -34, &hex(rest));
    assert_eq!(found, Some(Ack::Refused(Errno::ERANGE, words)));
}

#[test]
fn end_of_a_dump_without_a_code_is_accepted_and_an_error_without_one_is_lost() {
    let bytes = datagram(NLMSG_DONE, 0, &[]);
    assert_eq!(Ack::read(&messages(&bytes).next().expect("a message")), Some(Ack::Accepted));
    let bytes = datagram(NLMSG_ERROR, 0, &[0; 3]);
    assert_eq!(Ack::read(&messages(&bytes).next().expect("a message")), Some(Ack::Lost));
    assert_eq!(read(16, 0, -22, &[]), None);
}

#[test]
fn words_that_are_cut_short_are_none() {
    for rest in [&[][..], &[0; 3], &[40, 0, 0, 0], &[0xff; 24]] {
        let found = read(NLMSG_ERROR, NLM_F_ACK_TLVS, -22, rest);
        assert_eq!(found, Some(Ack::Refused(Errno::EINVAL, None)), "{rest:?}");
    }
}
