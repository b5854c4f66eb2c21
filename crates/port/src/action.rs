//! The table of actions: everything that edges can do, one row each.
//!
//! Two places match on actions besides this table: how a real edge does it, and how the simulator does it. All else (what
//! a person would type, order, batches, what a plan may rest on, what is given back when a lane fails) follows from the
//! rows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vfctl_model::{AttributeValue, DriverName, EswitchSetting, Mtu, Toggle, VfAttribute};

use crate::action_list::actions;
use crate::action_row::{ActionRow, GivenBack, Need, Remakes, Sample, TargetKind, Transport};
use crate::admin_state::AdminState;
use crate::binding::Binding;
use crate::claim::Expect;
use crate::claim_value::ClaimValue;
use crate::manifest::{Deletion, Manifest};
use crate::phase::Phase;
use crate::property::Property;

// The order is that in which `plan` and reports count them; it means nothing else.
actions! {
    /// Loads a kernel module with what it needs.
    LoadModule "loadModule" {
        changes: Property::Loaded,
        after: Some(Expect::flag(true)),
        words: [],
        command: "modprobe {module}",
        target: TargetKind::Module,
        transport: Transport::Program,
        may_hang: true,
        holds: None,
        may_batch: false,
        stops_when_refused: false,
        phases: &[Phase::LoadModules],
        needs: &[],
        remakes: Remakes::Nothing,
        given_back: GivenBack::Never,
        sample: Sample {
            op: r#"{"module":"vfio_pci","action":"loadModule"}"#,
            command: "modprobe vfio_pci",
        },
    }
    /// Destroys all VFs of a PF.
    RemoveVfs "removeVfs" {
        changes: Property::VfCount,
        after: Some(Expect::number(0)),
        // Some drivers take the embedded switch back to legacy mode with the last VF.
        unsettles: &[Property::EswitchMode],
        retried: true,
        words: [],
        command: "echo 0 > {folder}/sriov_numvfs",
        target: TargetKind::Pf,
        transport: Transport::Store,
        may_hang: true,
        holds: Some("sriov_numvfs"),
        may_batch: false,
        stops_when_refused: false,
        phases: &[Phase::RemoveVfs],
        needs: &[],
        remakes: Remakes::Vfs,
        given_back: GivenBack::Never,
        sample: Sample {
            op: r#"{"pf":"pci/0000:01:00.0","action":"removeVfs"}"#,
            command: "echo 0 > /sys/bus/pci/devices/0000:01:00.0/sriov_numvfs",
        },
    }
    /// Creates so many VFs on a PF without any: the kernel changes a count only from or to 0
    /// (`sriov_numvfs_store`, drivers/pci/iov.c).
    CreateVfs "createVfs" (count: u16) {
        changes: Property::VfCount,
        after: Some(Expect::number(u32::from(*count))),
        retried: true,
        words: [("count", count.to_string())],
        command: "echo {count} > {folder}/sriov_numvfs",
        target: TargetKind::Pf,
        transport: Transport::Store,
        may_hang: true,
        holds: Some("sriov_numvfs"),
        may_batch: false,
        stops_when_refused: false,
        phases: &[Phase::CreateVfs],
        needs: &[Need::NoVfs],
        remakes: Remakes::Vfs,
        given_back: GivenBack::ByDriver,
        sample: Sample {
            op: r#"{"pf":"netdevsim/netdevsim1","action":{"createVfs":8}}"#,
            command: "echo 8 > /sys/bus/netdevsim/devices/netdevsim1/sriov_numvfs",
        },
    }
    /// Says whether the kernel binds new VFs to a driver (`sriov_drivers_autoprobe`).
    SetDriversAutoprobe "setDriversAutoprobe" (autoprobe: Toggle) {
        changes: Property::DriversAutoprobe,
        after: Some(Expect::flag(*autoprobe == Toggle::On)),
        words: [("flag", u8::from(*autoprobe == Toggle::On).to_string())],
        command: "echo {flag} > {folder}/sriov_drivers_autoprobe",
        target: TargetKind::Pf,
        transport: Transport::Store,
        may_hang: true,
        holds: None,
        may_batch: false,
        stops_when_refused: false,
        phases: &[Phase::PreparePf, Phase::AllowDrivers, Phase::FinishPf],
        needs: &[],
        remakes: Remakes::Nothing,
        given_back: GivenBack::BySameAction,
        sample: Sample {
            op: r#"{"pf":"pci/0000:01:00.0","action":{"setDriversAutoprobe":"off"}}"#,
            command: "echo 0 > /sys/bus/pci/devices/0000:01:00.0/sriov_drivers_autoprobe",
        },
    }
    /// Gives an attribute of a VF a value, through the PF's interface (`IFLA_VFINFO_LIST`).
    SetVfAttribute "setVfAttribute" (setting: AttributeValue) {
        changes: Property::Attribute(setting.attribute()),
        // What the factory value reads as is for the driver to say.
        after: (setting.value() != VfAttribute::factory(setting.attribute()))
            .then_some(Expect::Is(ClaimValue::Vf(setting.value()))),
        words: [("setting", setting.ip_arguments())],
        command: "ip link set dev {interface} vf {vf} {setting}",
        target: TargetKind::VfThroughPf,
        transport: Transport::LinkMessage,
        may_hang: false,
        holds: None,
        may_batch: true,
        stops_when_refused: false,
        phases: &[Phase::ConfigureVfs],
        needs: &[Need::VfExists],
        remakes: Remakes::Nothing,
        given_back: GivenBack::Never,
        sample: Sample {
            op: r#"{"pf":"pci/0000:01:00.0","interface":"eth0","vf":3,"action":{"setVfAttribute":{"attribute":"vlan","value":{"id":7,"protocol":"802.1Q","qos":0}}}}"#,
            command: "ip link set dev eth0 vf 3 vlan 7 qos 0 proto 802.1Q",
        },
    }
    /// Sets something on a PF's embedded switch (`DEVLINK_CMD_ESWITCH_SET`).
    SetEswitch "setEswitch" (setting: EswitchSetting) {
        changes: match setting {
            EswitchSetting::Mode(_) => Property::EswitchMode,
            EswitchSetting::InlineMode(_) => Property::EswitchInlineMode,
            EswitchSetting::EncapMode(_) => Property::EswitchEncapMode,
        },
        after: Some(Expect::name(setting.value())),
        unsettles: match setting {
            EswitchSetting::Mode(_) => &[Property::EswitchInlineMode, Property::EswitchEncapMode],
            EswitchSetting::InlineMode(_) | EswitchSetting::EncapMode(_) => &[],
        },
        words: [("setting", setting.to_string())],
        command: "devlink dev eswitch set {pf} {setting}",
        target: TargetKind::Pf,
        transport: Transport::Devlink,
        may_hang: true,
        holds: Some("the embedded switch"),
        may_batch: false,
        stops_when_refused: true,
        phases: &[Phase::SwitchEmpty, Phase::SwitchPopulated],
        needs: &[Need::NoVfsIn(Phase::SwitchEmpty)],
        remakes: Remakes::Nothing,
        given_back: GivenBack::Never,
        sample: Sample {
            op: r#"{"pf":"pci/0000:01:00.0","action":{"setEswitch":{"mode":"switchdev"}}}"#,
            command: "devlink dev eswitch set pci/0000:01:00.0 mode switchdev",
        },
    }
    /// Sets the MTU of a PF's interface.
    SetPfMtu "setPfMtu" (mtu: Mtu) {
        changes: Property::Mtu,
        after: Some(Expect::number(mtu.get())),
        words: [("mtu", mtu.to_string())],
        command: "ip link set dev {interface} mtu {mtu}",
        target: TargetKind::PfInterface,
        transport: Transport::LinkMessage,
        may_hang: false,
        holds: None,
        may_batch: true,
        stops_when_refused: false,
        phases: &[Phase::PreparePf, Phase::FinishPf],
        needs: &[],
        remakes: Remakes::Nothing,
        given_back: GivenBack::Never,
        sample: Sample {
            op: r#"{"pf":"pci/0000:01:00.0","interface":"eth0","action":{"setPfMtu":9000}}"#,
            command: "ip link set dev eth0 mtu 9000",
        },
    }
    /// Sets a PF's interface up or down (`IFF_UP`).
    SetPfAdminState "setPfAdminState" (state: AdminState) {
        changes: Property::AdminState,
        after: Some(Expect::flag(*state == AdminState::Up)),
        words: [("state", state.to_string())],
        command: "ip link set dev {interface} {state}",
        target: TargetKind::PfInterface,
        transport: Transport::LinkMessage,
        may_hang: false,
        holds: None,
        may_batch: true,
        stops_when_refused: false,
        phases: &[Phase::SetPfUp, Phase::PreparePf, Phase::FinishPf],
        needs: &[],
        remakes: Remakes::Nothing,
        given_back: GivenBack::BySameAction,
        sample: Sample {
            op: r#"{"pf":"pci/0000:01:00.0","interface":"eth0","action":{"setPfAdminState":"up"}}"#,
            command: "ip link set dev eth0 up",
        },
    }
    /// Sets the MTU of a VF's interface, whatever that is called.
    SetVfMtu "setVfMtu" (mtu: Mtu) {
        changes: Property::Mtu,
        after: Some(Expect::number(mtu.get())),
        words: [("mtu", mtu.to_string())],
        command: "ip link set dev \"$(ls {function_folder}/net)\" mtu {mtu}",
        target: TargetKind::Function,
        transport: Transport::LinkMessage,
        may_hang: false,
        holds: None,
        may_batch: true,
        stops_when_refused: false,
        phases: &[Phase::ConfigureInterfaces],
        needs: &[Need::VfExists, Need::WithinPfMtu],
        remakes: Remakes::Nothing,
        given_back: GivenBack::Never,
        sample: Sample {
            op: r#"{"pf":"pci/0000:01:00.0","vf":3,"function":"0000:01:10.6","action":{"setVfMtu":1400}}"#,
            command: r#"ip link set dev "$(ls /sys/bus/pci/devices/0000:01:10.6/net)" mtu 1400"#,
        },
    }
    /// Takes a VF from its driver.
    UnbindDriver "unbindDriver" {
        changes: Property::Driver,
        after: Some(Expect::Absent),
        words: [],
        command: "echo {function} > {function_folder}/driver/unbind",
        target: TargetKind::Function,
        transport: Transport::Store,
        may_hang: true,
        holds: Some("driver/unbind"),
        may_batch: false,
        stops_when_refused: true,
        phases: &[Phase::Unbind],
        needs: &[Need::VfExists, Need::HasDriver],
        remakes: Remakes::TakesInterface,
        given_back: GivenBack::ByDriver,
        sample: Sample {
            op: r#"{"pf":"pci/0000:01:00.0","vf":3,"function":"0000:01:10.6","action":"unbindDriver"}"#,
            command: "echo 0000:01:10.6 > /sys/bus/pci/devices/0000:01:10.6/driver/unbind",
        },
    }
    /// Gives a VF without driver to the named one: override, bind, and the override given back also on failure.
    BindDriver "bindDriver" (binding: Binding) {
        changes: Property::Driver,
        after: Some(Expect::name(&binding.driver)),
        words: binding.words(),
        command: "echo {driver} > {function_folder}/driver_override; \
                  echo {function} > /sys/bus/pci/drivers/{driver}/bind; \
                  echo{after} > {function_folder}/driver_override",
        target: TargetKind::Function,
        transport: Transport::Store,
        may_hang: true,
        holds: Some("drivers_probe"),
        may_batch: false,
        stops_when_refused: false,
        phases: &[Phase::Bind],
        needs: &[Need::VfExists, Need::NoDriver],
        remakes: Remakes::MakesInterface,
        given_back: GivenBack::Never,
        sample: Sample {
            op: r#"{"pf":"pci/0000:01:00.0","vf":3,"function":"0000:01:10.6","action":{"bindDriver":{"driver":"vfio-pci","overrideAfter":"x"}}}"#,
            command: "echo vfio-pci > /sys/bus/pci/devices/0000:01:10.6/driver_override; \
                      echo 0000:01:10.6 > /sys/bus/pci/drivers/vfio-pci/bind; \
                      echo x > /sys/bus/pci/devices/0000:01:10.6/driver_override",
        },
    }
    /// Says which driver alone may take a VF, or that any may: what a bind that was cut off left is restored.
    SetDriverOverride "setDriverOverride" (driver: Option<DriverName>) {
        changes: Property::DriverOverride,
        after: Some(driver.as_ref().map_or(Expect::Absent, Expect::name)),
        words: [("driver", driver.as_ref().map_or_else(String::new, |driver| format!(" {driver}")))],
        command: "echo{driver} > {function_folder}/driver_override",
        target: TargetKind::Function,
        transport: Transport::Store,
        may_hang: true,
        holds: None,
        may_batch: false,
        stops_when_refused: false,
        phases: &[Phase::FinishPf],
        needs: &[Need::VfExists],
        remakes: Remakes::Nothing,
        given_back: GivenBack::Never,
        sample: Sample {
            op: r#"{"pf":"pci/0000:01:00.0","vf":3,"function":"0000:01:10.6","action":{"setDriverOverride":"vfio-pci"}}"#,
            command: "echo vfio-pci > /sys/bus/pci/devices/0000:01:10.6/driver_override",
        },
    }
    /// Clears a VF's override and lets the kernel choose its driver. With autoprobe off the kernel says yes and binds
    /// nothing (`pci_device_can_probe`, drivers/pci/pci-driver.c; `drivers_probe_store`, drivers/base/bus.c).
    ProbeDriver "probeDriver" {
        changes: Property::Driver,
        after: None,
        words: [],
        command: "echo > {function_folder}/driver_override; echo {function} > /sys/bus/pci/drivers_probe",
        target: TargetKind::Function,
        transport: Transport::Store,
        may_hang: true,
        holds: Some("drivers_probe"),
        may_batch: false,
        stops_when_refused: false,
        phases: &[Phase::Probe],
        needs: &[Need::VfExists, Need::NoDriver, Need::Autoprobe],
        remakes: Remakes::MakesInterface,
        given_back: GivenBack::Never,
        sample: Sample {
            op: r#"{"pf":"pci/0000:01:00.0","vf":3,"function":"0000:01:10.6","action":"probeDriver"}"#,
            command: "echo > /sys/bus/pci/devices/0000:01:10.6/driver_override; echo 0000:01:10.6 > /sys/bus/pci/drivers_probe",
        },
    }
    /// Makes an object of the cluster say something, by server-side apply.
    ApplyObject "applyObject" (manifest: Manifest) {
        changes: Property::Content,
        after: Some(Expect::Is(ClaimValue::Content(manifest.content.clone()))),
        words: [
            ("manager", manifest.manager.clone()),
            ("force", if manifest.force { " --force-conflicts" } else { "" }.to_owned()),
        ],
        command: "echo '{manifest}' | kubectl apply --server-side{force} --field-manager={manager} -f -",
        target: TargetKind::Object,
        transport: Transport::Api,
        may_hang: false,
        holds: None,
        may_batch: false,
        stops_when_refused: true,
        phases: &[Phase::TakeOutOfService, Phase::WriteObjects, Phase::StartPlugin],
        needs: &[],
        remakes: Remakes::Nothing,
        given_back: GivenBack::Never,
        sample: Sample {
            op: r#"{"object":"configmap kube-system/x","action":{"applyObject":{"manager":"vfctl","content":{"data":{"a":"it's","b":null}}}}}"#,
            command: r#"echo '{"apiVersion":"v1","data":{"a":"it'\''s"},"kind":"ConfigMap","metadata":{"name":"x","namespace":"kube-system"}}' | kubectl apply --server-side --field-manager=vfctl -f -"#,
        },
    }
    /// Deletes an object of the cluster.
    DeleteObject "deleteObject" (deletion: Deletion) {
        changes: Property::Uid,
        after: Some(Expect::Absent),
        words: [("uid", deletion.uid.clone())],
        command: "kubectl delete {object}  # uid {uid}",
        target: TargetKind::Object,
        transport: Transport::Api,
        may_hang: false,
        holds: None,
        may_batch: false,
        stops_when_refused: true,
        phases: &[Phase::DeleteObjects],
        needs: &[],
        remakes: Remakes::Nothing,
        given_back: GivenBack::Never,
        sample: Sample {
            op: r#"{"object":"network-attachment-definition default/a","action":{"deleteObject":{"uid":"1-2"}}}"#,
            command: "kubectl delete network-attachment-definitions.k8s.cni.cncf.io a -n default  # uid 1-2",
        },
    }
}

#[cfg(test)]
#[path = "action_tests.rs"]
mod tests;
