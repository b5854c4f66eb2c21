//! Tests of ports, on messages that Linux 6.12 sent for a netdevsim device in switchdev mode.

use super::super::super::wire::messages;
use super::super::super::wire::tests::{attribute, datagram, hex};
use super::*;
use crate::errno::chain;

/// netdevsim1/0, netdevsim1/131 and netdevsim2/0.
const PORTS: [&str; 3] = [
    "070100000e0001006e657464657673696d0000000f0002006e657464657673696d3100000800030000000000060004000200000008000600\
     050000000c000700656e69316e703100050094000000000006004d000000000008004e0001000000",
    "070100000e0001006e657464657673696d0000000f0002006e657464657673696d31000008000300830000000600040002000000080006000a\
     000000090007006574683600000000050094000000000006004d0004000000080096000000000006007f000000000006008000030000000500\
     950000000000",
    "070100000e0001006e657464657673696d0000000f0002006e657464657673696d3200000800030000000000060004000200000008000600\
     060000000c000700656e69326e703100050094000000000006004d000000000008004e0001000000",
];

/// Reads a message as a port of netdevsim1.
fn read(payload: &[u8]) -> Option<Result<DevlinkPort, String>> {
    let bytes = datagram(23, 2, payload);
    let device = "netdevsim/netdevsim1".parse().expect("a device");
    let port = DevlinkPort::read(&messages(&bytes).next().expect("a message"), &device)?;
    Some(port.map_err(|unread| chain(&unread)))
}

/// Returns a port of netdevsim1 with these attributes beside its names and its number.
fn port_with(attributes: &[Vec<u8>]) -> Vec<u8> {
    let names = [attribute(1, b"netdevsim\0"), attribute(2, b"netdevsim1\0"), attribute(3, &[7, 0, 0, 0])];
    [&[7, 1, 0, 0], &names.concat()[..], &attributes.concat()].concat()
}

#[test]
fn ports_are_read_as_the_kernel_sent_them_and_those_of_other_devices_left_out() {
    let netdev = |index, name: &str| Some(PortNetdev { index, name: name.parse().expect("a name") });
    let physical = DevlinkPort {
        index: 0,
        flavour: Some(PortFlavour::Physical),
        netdev: netdev(5, "eni1np1"),
        pf: None,
        vf: None,
        external: false,
    };
    let representor = DevlinkPort {
        index: 131,
        flavour: Some(PortFlavour::PciVf),
        netdev: netdev(10, "eth6"),
        pf: Some(0),
        vf: Some(VfIndex(3)),
        external: false,
    };
    assert_eq!((physical.represented_vf(), representor.represented_vf()), (None, Some((0, VfIndex(3)))));
    let ports = PORTS.map(|digits| read(&hex(digits)));
    assert_eq!(ports, [Some(Ok(physical)), Some(Ok(representor)), None]);
}

#[test]
fn port_of_another_machine_represents_no_vf_here_and_unknown_flavours_none() {
    let numbers = [attribute(127, &[1, 0]), attribute(128, &[2, 0])];
    let vf_of = |flavour: u16, external: u8| {
        let more = [attribute(77, &flavour.to_ne_bytes()), attribute(149, &[external])];
        let port = read(&port_with(&[&numbers[..], &more].concat())).expect("a port").expect("readable");
        port.represented_vf()
    };
    assert_eq!(vf_of(4, 0), Some((1, VfIndex(2))));
    assert_eq!((vf_of(4, 1), vf_of(3, 0), vf_of(7, 0), vf_of(99, 0)), (None, None, None, None));
}

#[test]
fn port_without_interface_has_none_and_a_malformed_one_is_unread() {
    let plain = read(&port_with(&[])).expect("a port").expect("readable");
    assert_eq!((plain.index, plain.netdev, plain.flavour), (7, None, None));
    let nameless = [vec![7, 1, 0, 0], attribute(1, b"netdevsim\0"), attribute(2, b"netdevsim1\0")].concat();
    for payload in [
        port_with(&[attribute(77, &[4])]),
        port_with(&[attribute(6, &[1, 0, 0, 0]), attribute(7, b"a b\0")]),
        port_with(&[vec![40, 0, 77, 0]]),
        nameless,
        vec![7],
    ] {
        let why = read(&payload).expect("a port").expect_err("malformed");
        assert!(why.starts_with("a devlink port: "), "{why}");
    }
}
