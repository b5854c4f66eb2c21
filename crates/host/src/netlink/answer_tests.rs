//! Tests of acknowledgements, with and without words of the kernel.

use super::super::wire::messages;
use super::*;

/// Returns a datagram with one `NLMSG_ERROR` that has this flags, code and what follows.
fn answer(flags: u16, code: i32, rest: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + 4 + rest.len()).expect("short");
    let mut bytes = length.to_ne_bytes().to_vec();
    bytes.extend(kind::NLMSG_ERROR.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend(7u32.to_ne_bytes());
    bytes.extend(0u32.to_ne_bytes());
    bytes.extend(code.to_ne_bytes());
    bytes.extend(rest);
    bytes
}

/// Returns the attribute with the kernel's words.
fn said(words: &str) -> Vec<u8> {
    let length = u16::try_from(4 + words.len() + 1).expect("short");
    let mut bytes = [length.to_ne_bytes(), NLMSGERR_ATTR_MSG.to_ne_bytes()].concat();
    bytes.extend(words.as_bytes());
    bytes.resize(bytes.len() + 4 - words.len() % 4, 0);
    bytes
}

fn read(datagram: &[u8]) -> Option<Answer> {
    let message = messages(datagram).next().expect("a message");
    assert_eq!(message.sequence, 7);
    Answer::read(&message)
}

#[test]
fn answer_has_the_number_and_the_words_whether_the_request_is_echoed_or_not() {
    // The header of a request of 32 bytes; whole, its body follows.
    let header = [32u32.to_ne_bytes(), [0; 4], [0; 4], [0; 4]].concat();
    let capped = [header.clone(), said("mtu greater than device maximum")].concat();
    let echoed = [header.clone(), vec![0xff; 16], said("mtu greater than device maximum")].concat();
    for (flags, rest) in [(kind::NLM_F_CAPPED | kind::NLM_F_ACK_TLVS, capped), (kind::NLM_F_ACK_TLVS, echoed)]
    {
        let words = Some("mtu greater than device maximum".to_owned());
        assert_eq!(read(&answer(flags, -22, &rest)), Some(Answer { errno: Some(Errno::EINVAL), words }));
    }
    let refused = Answer { errno: Some(Errno::EBUSY), words: None };
    assert_eq!(read(&answer(kind::NLM_F_CAPPED, -16, &header)), Some(refused));
    assert_eq!(read(&answer(kind::NLM_F_CAPPED, 0, &header)), Some(Answer { errno: None, words: None }));
}

#[test]
fn words_that_are_cut_short_are_none() {
    for rest in [&[][..], &[0; 3], &[40, 0, 0, 0], &[0xff; 24]] {
        let found = read(&answer(kind::NLM_F_ACK_TLVS, -22, rest));
        assert_eq!(found, Some(Answer { errno: Some(Errno::EINVAL), words: None }), "{rest:?}");
    }
}
