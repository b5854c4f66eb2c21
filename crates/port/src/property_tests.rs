//! Tests of the table of properties.

use std::collections::BTreeSet;

use vfctl_model::JsonValue;

use super::*;

/// Returns every property.
fn all() -> impl Iterator<Item = Property> {
    Property::PLAIN.iter().copied().chain(VfAttribute::ALL.iter().map(|a| Property::Attribute(*a)))
}

#[test]
fn every_property_has_a_word_of_its_own_which_reads_as_it() {
    let words: BTreeSet<&str> = all().map(Property::word).collect();
    assert_eq!(words.len(), all().count());
    for property in all() {
        assert_eq!(property.to_string().parse(), Ok(property));
        assert!(!property.row().source.is_empty(), "{property}");
    }
}

#[test]
fn every_value_round_trips_as_text_for_each_thing_that_has_the_property() {
    let pf: vfctl_model::DeviceAddress = "pci/0000:01:00.0".parse().expect("a PF");
    let module = Thing::Module("vfio_pci".parse().expect("a module"));
    let of_cluster = ["configmap kube-system/x", "node worker-1 resource intel.com/net"];
    let of_cluster = of_cluster.map(|text| text.parse::<Thing>().expect(text));
    let of_host = [module, Thing::Pf(pf.clone()), Thing::Vf(pf, vfctl_model::VfIndex(3))];
    let things: Vec<Thing> = of_host.into_iter().chain(of_cluster).collect();
    for property in all() {
        let shapes = things.iter().filter_map(|thing| Some((thing, property.shape(thing)?)));
        let mut read = 0;
        for (thing, shape) in shapes {
            let values = match shape {
                ClaimShape::Flag(..) => vec![ClaimValue::Flag(true), ClaimValue::Flag(false)],
                ClaimShape::Number => vec![ClaimValue::Number(7)],
                ClaimShape::Name => vec![ClaimValue::Name("eth0".to_owned())],
                ClaimShape::Content => {
                    let content = serde_json::from_str(r#"{"data":{"a":"1"},"list":[1,-2]}"#).expect("JSON");
                    vec![ClaimValue::Content(content)]
                }
                ClaimShape::Vf(attribute) => vec![ClaimValue::Vf(attribute.factory())],
            };
            for value in values {
                let text = JsonValue::Text(property.show(thing, &value));
                assert_eq!(property.value_from(thing, &text), Ok(value.clone()));
                assert_eq!(property.value_from(thing, &property.json(thing, &value)), Ok(value));
                read += 1;
            }
        }
        assert!(read > 0, "{property}");
    }
}
