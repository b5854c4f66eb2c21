//! Pools of subfunctions: what the device plugin is told of them, and what is known of what it makes of them.

use serde_json::json;
use vfctl_kinds::pool::predict_pools;
use vfctl_port::HostFacts;

use crate::documents::load_text;
use crate::on_host::on_host;

#[test]
fn subfunctions_are_asked_for_in_the_plugins_terms_and_their_number_is_not_known() {
    let text = "apiVersion: vfctl.dev/v1alpha1
kind: SriovConfig
metadata: {name: doc}
spec:
  components: {devicePlugin: {version: v3.11.0}}
  pools:
    - resource: nvidia.com/sf
      deviceType: auxNetDevice
      selectors: {vendors: [\"15b3\"], pfNames: [\"ens1f0np0#1-5\"], auxTypes: [sf]}
      isRdma: true
";
    let facts = json!({
        "system": {"kernel": "6.12.0", "arguments": [], "iommu": {"groups": 1, "kinds": []}, "modules": []},
        "physicalFunctions": {}, "links": {}, "pciFunctions": {},
    });
    let host: HostFacts = serde_json::from_value(facts).expect("facts");
    let set = load_text(text).expect("no mistakes");
    let (predicted, notes) = on_host(&set, &host, |context, draft| {
        let notes: Vec<String> = draft.findings.notes.iter().map(|note| note.message.clone()).collect();
        (predict_pools(context, &draft.pfs).expect("pools"), notes)
    });
    let wanted = json!({"resourceList": [{
        "resourceName": "sf", "resourcePrefix": "nvidia.com", "deviceType": "auxNetDevice",
        "selectors": {"vendors": ["15b3"], "pfNames": ["ens1f0np0#1-5"], "auxTypes": ["sf"], "isRdma": true},
    }]});
    assert_eq!(serde_json::to_value(&predicted.config).expect("JSON"), wanted);
    let pools = predicted.prediction.pools.expect("a plugin that starts");
    let more: Vec<_> = pools.iter().map(|pool| pool.perhaps_more.as_deref()).collect();
    assert_eq!(more, [Some("the facts do not tell of subfunctions")]);
    let wanted = "nvidia.com/sf may take devices that are not known: the facts do not tell of subfunctions";
    assert!(notes.iter().any(|note| note == wanted), "{notes:#?}");
}
