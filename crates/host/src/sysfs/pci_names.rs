//! Vendors and devices in words, from the host's `pci.ids`.

use std::fs;
use std::sync::OnceLock;

use vfctl_model::PciId;

use crate::roots::Roots;

/// Where distributions keep the file.
const PLACES: [&str; 3] = ["/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids", "/usr/share/pci.ids"];

/// The file, read when first asked.
#[derive(Debug, Default)]
pub(crate) struct PciNames(OnceLock<Vec<u8>>);

impl PciNames {
    /// Returns vendor and device in words; the vendor alone where the device is not known, and `None` where
    /// neither is.
    pub(crate) fn model(&self, roots: &Roots, vendor: PciId, device: PciId) -> Option<String> {
        let file = self.0.get_or_init(|| {
            PLACES.iter().find_map(|place| fs::read(roots.path(place)).ok()).unwrap_or_default()
        });
        model_in(file, vendor, device)
    }
}

/// Looks the names up in the text of `pci.ids`: `VVVV  vendor`, and below it `\tDDDD  device`.
fn model_in(file: &[u8], vendor: PciId, device: PciId) -> Option<String> {
    let (vendor, device) = (vendor.to_string(), device.to_string());
    let mut lines = file.split(|byte| *byte == b'\n');
    let vendor_name = lines.find_map(|line| line.strip_prefix(vendor.as_bytes())?.strip_prefix(b"  "))?;
    let device_name = lines
        .take_while(|line| line.first().is_none_or(|first| *first == b'\t' || *first == b'#'))
        .find_map(|line| line.strip_prefix(b"\t")?.strip_prefix(device.as_bytes())?.strip_prefix(b"  "));
    let words = [Some(vendor_name), device_name].into_iter().flatten().map(String::from_utf8_lossy);
    Some(words.collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &[u8] = b"# comment\n8086  Intel Corporation\n\t10c9  82576 Gigabit Network Connection\n\
        \t\t8086 a03c  Gigabit ET Dual Port Server Adapter\n\t10ca  82576 Virtual Function\n\n\
        8087  Other\n\tffff  Stranger\n";

    #[test]
    fn model_is_vendor_and_device_of_that_vendor_alone() {
        for (vendor, device, model) in [
            (0x8086, 0x10c9, Some("Intel Corporation 82576 Gigabit Network Connection")),
            (0x8086, 0x10ca, Some("Intel Corporation 82576 Virtual Function")),
            (0x8086, 0xffff, Some("Intel Corporation")),
            (0x15b3, 0x1017, None),
        ] {
            assert_eq!(
                model_in(FILE, PciId(vendor), PciId(device)).as_deref(),
                model,
                "{vendor:x}:{device:x}"
            );
        }
    }
}
