//! Tests of how VF attributes are written and read.

use proptest::prelude::*;
use vfctl_model::Shape;

use super::super::link::{LINK_HEADER, link_change};
use super::super::wire::{Attribute, attributes, take_attribute};
use super::*;

/// Returns the entry of a list that a setting's message has.
fn entry_of(vf: VfIndex, setting: &AttributeValue) -> Vec<u8> {
    let mut message = link_change(1, 0, 0);
    write_setting(&mut message, vf, setting);
    let bytes = message.finish(0);
    let mut rest = &bytes[16 + LINK_HEADER..];
    let list = take_attribute(&mut rest).expect("a list");
    assert!(rest.is_empty());
    assert_eq!(list.kind, IFLA_VFINFO_LIST);
    let [entry]: [Attribute<'_>; 1] =
        attributes(list.payload).collect::<Vec<_>>().try_into().expect("one entry");
    assert_eq!(entry.kind, IFLA_VF_INFO);
    entry.payload.to_vec()
}

fn values(shape: Shape) -> BoxedStrategy<VfValue> {
    match shape {
        Shape::Mac => any::<[u8; 6]>().prop_map(|mac| VfValue::Mac(MacAddress::new(mac))).boxed(),
        Shape::Toggle => any::<bool>().prop_map(|on| VfValue::Toggle(on.into())).boxed(),
        Shape::LinkState => {
            let states = [VfLinkState::Auto, VfLinkState::Enable, VfLinkState::Disable];
            prop::sample::select(states.to_vec()).prop_map(VfValue::LinkState).boxed()
        }
        Shape::Rate => any::<(u32, u32)>()
            .prop_map(|(min, max)| VfValue::Rate(RateLimits { min: Mbps(min), max: Mbps(max) }))
            .boxed(),
        Shape::Vlan => (0..=4094u64, 0..=7u64, any::<bool>())
            .prop_map(|(id, qos, ad)| {
                let protocol =
                    if ad && (id, qos) != (0, 0) { VlanProtocol::Dot1Ad } else { VlanProtocol::Dot1Q };
                let (id, qos) = (id.try_into().expect("an id"), qos.try_into().expect("a priority"));
                VfValue::Vlan(VlanTag { id, qos, protocol })
            })
            .boxed(),
    }
}

fn settings() -> impl Strategy<Value = AttributeValue> {
    prop::sample::select(VfAttribute::ALL).prop_flat_map(|attribute| {
        values(attribute.row().shape)
            .prop_map(move |value| AttributeValue::new(attribute, value).expect("of its shape"))
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_and_nothing_else(vf in 0..u16::MAX, setting in settings()) {
        let entry = entry_of(VfIndex(vf), &setting);
        let read = read_entry(&entry).expect("each kind once");
        let expected = [(setting.attribute(), RawReading::Value(setting.value()))];
        prop_assert_eq!(read.0.iter().map(|(attribute, raw)| (attribute, raw.clone())).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn no_bytes_make_the_reader_stumble(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        let _ = (read_entry(&bytes), entry_index(&bytes));
    }
}

#[test]
fn settings_are_laid_out_as_the_kernel_declares_them() {
    // include/uapi/linux/if_link.h, struct ifla_vf_*; length and type of the attribute first.
    let vlan = "100 qos 3 proto 802.1ad".parse().map(VfValue::Vlan).expect("a VLAN");
    let mac = "02:00:00:00:00:07".parse().map(VfValue::Mac).expect("a MAC");
    let rate = "min 100 max 1000".parse().map(VfValue::Rate).expect("a rate");
    let le = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let with_mac = [le(&[40 | 1 << 16, 5]), vec![2, 0, 0, 0, 0, 7], vec![0; 26]].concat();
    let with_vlan = [le(&[24 | 12 << 16, 20 | 1 << 16, 5, 100, 3]), vec![0x88, 0xa8, 0, 0]].concat();
    for (attribute, value, bytes) in [
        (VfAttribute::MacAddress, mac, with_mac),
        (VfAttribute::Vlan, vlan, with_vlan),
        (VfAttribute::Rate, rate, le(&[16 | 6 << 16, 5, 100, 1000])),
        (VfAttribute::Trust, VfValue::Toggle(Toggle::On), le(&[12 | 9 << 16, 5, 1])),
        (VfAttribute::SpoofCheck, VfValue::Toggle(Toggle::Off), le(&[12 | 4 << 16, 5, 0])),
        (VfAttribute::QueryRss, VfValue::Toggle(Toggle::On), le(&[12 | 7 << 16, 5, 1])),
        (VfAttribute::LinkState, VfValue::LinkState(VfLinkState::Disable), le(&[12 | 5 << 16, 5, 2])),
    ] {
        let setting = AttributeValue::new(attribute, value).expect("of its shape");
        assert_eq!(entry_of(VfIndex(5), &setting), bytes, "{attribute}");
    }
}

#[test]
fn minus_one_is_not_reported_and_nonsense_is_unreadable() {
    let entry = |kind: u32, fields: &[u32]| -> Vec<u8> {
        let length = 4 + 4 * u32::try_from(fields.len()).expect("short");
        std::iter::once(length | kind << 16)
            .chain(fields.iter().copied())
            .flat_map(u32::to_le_bytes)
            .collect()
    };
    let one =
        |bytes: Vec<u8>| read_entry(&bytes).expect("each kind once").0.values().cloned().collect::<Vec<_>>();
    for kind in [4, 7, 9] {
        assert_eq!(one(entry(kind, &[0, u32::MAX])), [RawReading::NotReported]);
        assert_eq!(one(entry(kind, &[0, 1])), [RawReading::Value(VfValue::Toggle(Toggle::On))]);
    }
    for bytes in [entry(5, &[0, 9]), entry(5, &[0]), entry(2, &[0, 4096, 0]), entry(9, &[]), entry(1, &[0])] {
        assert!(matches!(one(bytes)[..], [RawReading::Unreadable(_)]));
    }
    for id in [0, 4095] {
        assert_eq!(one(entry(2, &[0, id, 0])), [RawReading::Value(VfValue::Vlan(VlanTag::NONE))]);
    }
}
