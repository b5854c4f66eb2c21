//! Values that a driver takes only in newer kernels, held against the kernel that the host runs.

use vfctl_model::{VfValue, VlanQos};

use crate::context::PfContext;
use crate::finding::Findings;
use crate::setting::Setting;

/// Returns why the driver refuses a value in this kernel; `None` where it takes it, or nobody can tell.
pub(super) fn refuses(context: &PfContext<'_>, value: &VfValue) -> Option<String> {
    is_too_new(context, value).filter(|_| !is_patched(context))
}

/// Notes values that may be too new for a kernel whose number does not tell.
pub(super) fn note(context: &PfContext<'_>, findings: &mut Findings) {
    if !is_patched(context) {
        return;
    }
    let wanted = context.wanted_vfs().flat_map(|(_, vf)| vf.attributes.values());
    let mut wanted = wanted.filter_map(|wanted| match &wanted.value {
        Setting::Value(value) => Some((is_too_new(context, value)?, &wanted.origin)),
        Setting::Default => None,
    });
    if let Some((why, origin)) = wanted.next() {
        let message = format!("{why}; its distribution may have backported this; if not, apply will fail");
        findings.note(Some(origin), message);
    }
}

/// Returns in which kernel a value came, where the host's is older by its number.
fn is_too_new(context: &PfContext<'_>, value: &VfValue) -> Option<String> {
    let VfValue::Vlan(tag) = value else { return None };
    let since = context.row.vlan_qos_since.filter(|_| tag.qos != VlanQos::default())?;
    let kernel = &context.host.host.system.kernel;
    let mut numbers = kernel.split(|c: char| !c.is_ascii_digit()).map_while(|number| number.parse().ok());
    let found: (u32, u32) = (numbers.next()?, numbers.next()?);
    let (driver, (major, minor)) = (context.row.driver, since);
    (found < since).then(|| {
        format!("driver {driver} supports VLAN priorities since Linux {major}.{minor}, and this is {kernel}")
    })
}

/// Returns whether the kernel is of a distribution that brings newer drivers into older kernels.
fn is_patched(context: &PfContext<'_>) -> bool {
    context.host.host.system.kernel.contains(".el")
}
