//! Tests of VF lists, whole, wrapped and torn.

use proptest::prelude::*;
use vfctl_model::{MacAddress, RawReading, Toggle, VfAttribute, VfValue};

use super::*;

/// Appends an attribute as `nla_put` and `nla_nest_end` do, the length cut to 16 bits.
fn put(bytes: &mut Vec<u8>, kind: u16, payload: &[u8]) {
    let length = 4 + payload.len();
    bytes.extend(u16::try_from(length % (1 << 16)).expect("cut").to_le_bytes());
    bytes.extend(kind.to_le_bytes());
    bytes.extend(payload);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn mac_of(vf: u32) -> [u8; 6] {
    let [a, b, c, d] = vf.to_be_bytes();
    [2, 0, a, b, c, d]
}

/// How many attributes an entry tells of, however many more later kernels have.
const WRITTEN: usize = 7;

/// Returns a VF's entry with what the kernel writes under `RTEXT_FILTER_SKIP_STATS` (`rtnl_fill_vfinfo`).
fn entry(vf: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mac = mac_of(vf);
    put(&mut bytes, 1, &[&words(&[vf])[..], &mac, &[0; 26]].concat());
    put(&mut bytes, 10, &[0; 32]);
    put(&mut bytes, 2, &words(&[vf, 0, 0]));
    put(&mut bytes, 6, &words(&[vf, 0, 0]));
    put(&mut bytes, 3, &words(&[vf, 0]));
    put(&mut bytes, 4, &words(&[vf, vf % 2]));
    put(&mut bytes, 5, &words(&[vf, 0]));
    put(&mut bytes, 7, &words(&[vf, u32::MAX]));
    put(&mut bytes, 9, &words(&[vf, u32::MAX]));
    let mut tags = Vec::new();
    put(&mut tags, 1, &[&words(&[vf, vf % 4095, 0])[..], &[0x81, 0, 0, 0]].concat());
    put(&mut bytes, 12, &tags);
    bytes
}

/// Returns a link's attributes with these VFs in its list, others before and behind it.
fn link_with(count: u32, vfs: impl IntoIterator<Item = u32>) -> Vec<u8> {
    let mut list = Vec::new();
    for vf in vfs {
        put(&mut list, 1, &entry(vf));
    }
    let mut bytes = Vec::new();
    put(&mut bytes, 3, b"eth0\0");
    put(&mut bytes, 21, &words(&[count]));
    put(&mut bytes, 22, &list);
    put(&mut bytes, 18, &[0; 8]);
    bytes
}

fn entries_of(bytes: &[u8]) -> BTreeMap<VfIndex, AttributeMap> {
    match vf_list_of(bytes) {
        VfList::Entries(entries) => entries,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_vf_is_read_before_at_and_past_the_wrap_of_the_length() {
    for count in [1, 7, 222, 255, 256, 257, 512, 1000, 4096] {
        let bytes = link_with(count, 0..count);
        let entries = entries_of(&bytes);
        assert_eq!(entries.len(), count as usize);
        for (index, attributes) in entries {
            let vf = u32::from(index.0);
            let mac = MacAddress::new(mac_of(vf));
            let read = |attribute| attributes.0.get(attribute);
            assert_eq!(read(VfAttribute::MacAddress), Some(&RawReading::Value(VfValue::Mac(mac))));
            assert_eq!(read(VfAttribute::QueryRss), Some(&RawReading::NotReported));
            let spoof_check = Toggle::from(vf % 2 == 1);
            assert_eq!(read(VfAttribute::SpoofCheck), Some(&RawReading::Value(VfValue::Toggle(spoof_check))));
            assert_eq!(attributes.0.len(), WRITTEN);
        }
    }
}

#[test]
fn a_vf_that_the_driver_left_out_is_missed_and_no_other() {
    let entries = entries_of(&link_with(300, (0..300).filter(|vf| *vf != 17 && *vf != 299)));
    assert_eq!(entries.len(), 298);
    assert!(!entries.contains_key(&VfIndex(17)));
}

#[test]
fn a_list_without_vfs_is_silent_or_empty_and_never_unreadable() {
    let mut bytes = Vec::new();
    put(&mut bytes, 3, b"eth0\0");
    put(&mut bytes, 21, &words(&[7]));
    assert_eq!(vf_list_of(&bytes), VfList::Silent);
    assert_eq!(vf_list_of(&link_with(0, [])), VfList::Entries(BTreeMap::new()));
}

#[test]
fn a_list_that_is_cut_swapped_or_of_another_length_is_unreadable() {
    let whole = link_with(1000, 0..1000);
    // Within the list, between entries and inside of one.
    for length in [whole.len() / 2, whole.len() / 2 + 6, 200, 64] {
        assert!(matches!(vf_list_of(&whole[..length]), VfList::Unreadable(_)), "{length}");
    }
    assert!(matches!(vf_list_of(&link_with(3, [0, 2, 1])), VfList::Unreadable(_)));
    assert!(matches!(vf_list_of(&link_with(3, [0, 1, 1])), VfList::Unreadable(_)));
    assert!(matches!(vf_list_of(&link_with(3, [0, 1, 3])), VfList::Unreadable(_)));
    // More VFs than the kernel counts: the length does not fit.
    assert!(matches!(vf_list_of(&link_with(2, [0, 1, 2])), VfList::Unreadable(_)));
}

proptest! {
    #[test]
    fn a_damaged_list_never_loses_vfs_silently(place in 0..60_000usize, value: u8) {
        let mut bytes = link_with(250, 0..250);
        let Some(byte) = bytes.get_mut(place) else { return Ok(()) };
        *byte = value;
        match vf_list_of(&bytes) {
            VfList::Entries(entries) => {
                // Damage inside of a value stays inside of that value.
                prop_assert_eq!(entries.len(), 250);
            }
            VfList::Unreadable(_) => {}
            // The type of the list or of its count itself was damaged.
            VfList::Silent => prop_assert!(place < 24),
        }
    }
}

#[test]
fn list_leaves_vfs_out_where_it_is_there_and_has_fewer() {
    let list = |vfs: &[u32]| vf_list_of(&link_with(3, vfs.iter().copied()));
    for (list, leaves_out) in [
        (list(&[0, 2]), true),
        (list(&[0, 1, 2]), false),
        (VfList::Silent, false),
        (VfList::Unreadable("torn".to_owned()), false),
    ] {
        assert_eq!(list.leaves_out_some_of(3), leaves_out, "{list:?}");
    }
}
