//! What of the kernel's arguments is written down for others: what SR-IOV needs, and of all else the name alone.
//! Installers and network boot keep passwords there.

use std::collections::BTreeMap;

use vfctl_model::{JsonValue, ObjectKind, ObjectRef};
use vfctl_port::{ObjectFacts, World};

/// Arguments that are written whole.
const NAMES: [&str; 11] = [
    "amd_iommu",
    "BOOT_IMAGE",
    "default_hugepagesz",
    "hugepages",
    "hugepagesz",
    "intel_iommu",
    "iommu",
    "modprobe.blacklist",
    "module_blacklist",
    "pci",
    "pcie_acs_override",
];

/// Modules all of whose parameters are written; of VFIO's these are all that begin so.
const MODULES: [&str; 15] = [
    "be2net",
    "bnxt_en",
    "cxgb4",
    "enic",
    "fm10k",
    "i40e",
    "iavf",
    "ice",
    "igb",
    "igbvf",
    "iommu",
    "ixgbe",
    "ixgbevf",
    "mlx4_core",
    "mlx5_core",
];

/// What VFIO's modules begin with.
const VFIO: &str = "vfio";

/// Leaves of the kernel's arguments of each host what cannot be a secret. Nothing of a plan depends on them.
pub(crate) fn redact(world: &mut World) {
    for host in world.hosts.values_mut() {
        host.system.arguments = redacted(&host.system.arguments);
    }
    for (object, facts) in world.cluster.iter_mut().flat_map(|cluster| &mut cluster.objects) {
        redact_object(object, facts);
    }
}

/// What the names of annotations that stay begin with: those of pod networks, and vfctl's own.
const KEPT_ANNOTATIONS: [&str; 2] = ["k8s.v1.cni.cncf.io/", "vfctl.dev/"];

/// Leaves of an object what has to do with device plugins and networks: annotations of others, and what the containers of others
/// are started with, can be anything.
fn redact_object(object: &ObjectRef, facts: &mut ObjectFacts) {
    let is_ours = facts.is_ours();
    let JsonValue::Fields(content) = &mut facts.content else { return };
    if let Some(JsonValue::Fields(metadata)) = content.get_mut("metadata")
        && let Some(JsonValue::Fields(annotations)) = metadata.get_mut("annotations")
    {
        annotations.retain(|name, _| KEPT_ANNOTATIONS.iter().any(|kept| name.starts_with(kept)));
    }
    if object.kind() == ObjectKind::DaemonSet && !is_ours {
        let whole = JsonValue::Fields(content.clone());
        let pod = known_of_pod(whole.at(&["spec", "template", "spec"]).unwrap_or(&JsonValue::Null));
        let pod = JsonValue::of([("spec", pod)]);
        content.insert("spec".to_owned(), JsonValue::of([("template", pod)]));
    }
}

/// Returns of the pods of a DaemonSet of others which images they run, where, and which ConfigMaps they read: by these it is seen
/// why a node offers nothing.
fn known_of_pod(pod: &JsonValue) -> JsonValue {
    let members = |list: &str| pod.field(list).map(JsonValue::members).unwrap_or_default().iter();
    let container = |container: &JsonValue| {
        let field = |name: &str| container.field(name).cloned().unwrap_or_default();
        JsonValue::of([("name", field("name")), ("image", field("image"))])
    };
    let map = |volume: &JsonValue| {
        let name = volume.at(&["configMap", "name"])?;
        Some(JsonValue::of([("configMap", JsonValue::of([("name", name.clone())]))]))
    };
    let containers = JsonValue::List(members("containers").map(container).collect());
    let mut known = BTreeMap::from([("containers".to_owned(), containers)]);
    known.extend(pod.field("nodeSelector").map(|selector| ("nodeSelector".to_owned(), selector.clone())));
    let maps: Vec<JsonValue> = members("volumes").filter_map(map).collect();
    if !maps.is_empty() {
        known.insert("volumes".to_owned(), JsonValue::List(maps));
    }
    JsonValue::Fields(known)
}

/// Returns the arguments that stay, or their names.
fn redacted(pieces: &[String]) -> Vec<String> {
    // What follows two dashes is for the first process (Documentation/admin-guide/kernel-parameters.rst), and can be
    // anything.
    let of_kernel = pieces.iter().take_while(|piece| *piece != "--");
    let mut arguments: Vec<String> = Vec::new();
    let mut is_open = false;
    for piece in of_kernel {
        // A blank within quotation marks does not end an argument (`next_arg`, lib/cmdline.c).
        match arguments.last_mut().filter(|_| is_open) {
            Some(argument) => argument.extend([" ", piece]),
            None => arguments.push(piece.clone()),
        }
        is_open ^= piece.matches('"').count() % 2 == 1;
    }
    arguments.iter().map(|argument| kept(argument).to_owned()).collect()
}

/// Returns what is kept of an argument.
fn kept(argument: &str) -> &str {
    // The quotation marks may stand around the whole argument.
    let bare = argument.strip_prefix('"').unwrap_or(argument);
    match bare.split_once('=') {
        Some((name, value)) if is_known(name) && !may_name_user(value) => argument,
        Some((name, _)) => word(name),
        None => word(bare),
    }
}

/// Returns as much of a text as can be the name of an argument; an address is none.
fn word(text: &str) -> &str {
    let is_of_address = |c: char| c.is_whitespace() || matches!(c, ':' | '@' | '/' | '?');
    text.split(is_of_address).next().unwrap_or_default()
}

/// Returns whether the values of an argument are no secrets.
fn is_known(name: &str) -> bool {
    let module = name.split_once('.').map(|(module, _)| module.replace('-', "_"));
    NAMES.contains(&name)
        || name.starts_with(VFIO)
        || module.is_some_and(|module| MODULES.contains(&module.as_str()))
}

/// Returns whether a value may be an address with a user and a password, or with a token in its query.
fn may_name_user(value: &str) -> bool {
    value.contains("://") && value.contains(['@', '?'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> String {
        let pieces: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        redacted(&pieces).join(" ")
    }

    #[test]
    fn what_sriov_needs_is_kept_and_of_all_else_the_name() {
        for (line, kept) in [
            ("BOOT_IMAGE=/vmlinuz-6.12 root=UUID=1-2 ro quiet", "BOOT_IMAGE=/vmlinuz-6.12 root ro quiet"),
            ("iommu=pt intel_iommu=on,sm_on amd_iommu=off", "iommu=pt intel_iommu=on,sm_on amd_iommu=off"),
            ("iommu.passthrough=1 iommu.strict=0", "iommu.passthrough=1 iommu.strict=0"),
            ("pci=realloc,assign-busses pci", "pci=realloc,assign-busses pci"),
            ("pcie_acs_override=downstream", "pcie_acs_override=downstream"),
            ("vfio-pci.ids=8086:10ed vfio_iommu_type1.x=1", "vfio-pci.ids=8086:10ed vfio_iommu_type1.x=1"),
            ("default_hugepagesz=1G hugepages=16", "default_hugepagesz=1G hugepages=16"),
            (
                "igb.max_vfs=7 mlx4_core.num_vfs=4 mlx4-core.probe_vf=1",
                "igb.max_vfs=7 mlx4_core.num_vfs=4 mlx4-core.probe_vf=1",
            ),
            ("rd.iscsi.password=s3cret token=s3cret", "rd.iscsi.password token"),
            ("netroot=iscsi:user:s3cret@10.0.0.1::3260::iqn", "netroot"),
            ("iscsi:user:s3cret@10.0.0.1 tftp://u:s3cret@h/?a=b", "iscsi tftp"),
            ("a=b=s3cret iommu.evil.x=1 iommux=s3cret", "a iommu.evil.x=1 iommux"),
        ] {
            assert_eq!(of(line), kept);
        }
    }

    #[test]
    fn url_with_a_user_or_a_query_is_no_value_that_is_kept() {
        assert_eq!(of("BOOT_IMAGE=tftp://u:s3cret@boot/vmlinuz"), "BOOT_IMAGE");
        assert_eq!(of("BOOT_IMAGE=tftp://boot/vmlinuz?token=s3cret"), "BOOT_IMAGE");
        assert_eq!(of("BOOT_IMAGE=tftp://boot/vmlinuz"), "BOOT_IMAGE=tftp://boot/vmlinuz");
        assert_eq!(of("BOOT_IMAGE=(hd0,gpt2)/vmlinuz@1"), "BOOT_IMAGE=(hd0,gpt2)/vmlinuz@1");
    }

    #[test]
    fn quoted_value_is_one_argument() {
        assert_eq!(of(r#"x="a s3cret b=c" ro"#), "x ro");
        assert_eq!(of(r#""x=a s3cret" ro"#), "x ro");
        assert_eq!(of(r#"x="a s3cret"#), "x");
        assert_eq!(of(r#"vfio_pci.ids="a b" ro"#), r#"vfio_pci.ids="a b" ro"#);
    }

    #[test]
    fn arguments_of_the_first_process_are_left_out() {
        assert_eq!(of("ro -- s3cret --token s3cret"), "ro");
    }

    #[test]
    fn what_is_redacted_stays_as_it_is() {
        let once = of(r#"iommu=pt x="a b" y=z vfio_pci.ids="a b" -- c"#);
        assert_eq!(of(&once), once);
    }

    #[test]
    fn daemon_set_of_others_keeps_where_it_runs_and_what_it_reads() {
        let object = "daemonset net/plugin".parse().expect("a name");
        let text = r#"{"spec": {"template": {"spec": {
            "nodeSelector": {"sriov": "yes"}, "serviceAccountName": "s3cret",
            "volumes": [{"name": "s3cret", "hostPath": {"path": "/s3cret"}}, {"configMap": {"name": "config", "items": ["s3cret"]}}],
            "containers": [{"name": "c", "image": "i", "env": [{"name": "A", "value": "s3cret"}]}]}}}}"#;
        let content = JsonValue::from_text(text).expect("JSON");
        let mut facts = ObjectFacts { content, ..ObjectFacts::default() };
        redact_object(&object, &mut facts);
        let kept = r#"{"spec": {"template": {"spec": {
            "nodeSelector": {"sriov": "yes"}, "volumes": [{"configMap": {"name": "config"}}],
            "containers": [{"name": "c", "image": "i"}]}}}}"#;
        assert_eq!(facts.content, JsonValue::from_text(kept).expect("JSON"));
    }
}
