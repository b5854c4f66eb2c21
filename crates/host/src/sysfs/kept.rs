//! Properties of PFs that are kept by row and that a file in the device's folder tells, whose reader waits for nobody.
//!
//! To read another, give it a row here.

use std::io;
use std::path::Path;

use vfctl_port::{ClaimValue, Property, PropertyMap};

use super::files::text;
use crate::errno::io_cause;

/// A file, and the property that it tells.
struct File {
    property: Property,
    name: &'static str,
    read: fn(&str) -> Option<ClaimValue>,
}

const FILES: &[File] =
    &[File { property: Property::DriversAutoprobe, name: "sriov_drivers_autoprobe", read: flag }];

/// Reads what the files tell; a file that is not there is a property that the PF does not have.
pub(super) fn read_kept(folder: &Path, properties: &mut PropertyMap, unread: &mut Vec<String>) {
    for File { property, name, read } in FILES {
        let path = folder.join(name);
        let why = match text(&path) {
            Ok(text) => match read(&text) {
                Some(value) => {
                    properties.note(*property, value);
                    continue;
                }
                None => format!("unexpected content `{text}`"),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => io_cause(&error).to_string(),
        };
        unread.push(format!("{}: {why}", path.display()));
        properties.note_unread(*property, why);
    }
}

/// Reads a flag that the kernel writes as a number.
fn flag(text: &str) -> Option<ClaimValue> {
    text.parse::<u8>().ok().map(|number| ClaimValue::Flag(number != 0))
}
