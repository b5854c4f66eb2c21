//! A PCI function's serial number, from its configuration space.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The capability with this id holds the number (PCI Express Base 7.9.3, Device Serial Number).
const DEVICE_SERIAL_NUMBER: u32 = 0x0003;
/// Extended capabilities begin here.
const EXTENDED: u64 = 0x100;
/// No chain is longer: 3840 bytes of capabilities with 8 bytes each.
const LONGEST_CHAIN: usize = 480;

/// Reads the number as `lspci` writes it, such as `00-1b-21-ff-ff-12-34-56`; `None` where there is none.
///
/// # Errors
/// Where the configuration space could not be read. Past its first 64 bytes only root may.
pub(crate) fn read_serial(device: &Path) -> io::Result<Option<String>> {
    let config = match File::open(device.join("config")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let length = config.metadata()?.len();
    let mut offset = EXTENDED;
    for _ in 0..LONGEST_CHAIN {
        if offset < EXTENDED || offset + 12 > length {
            return Ok(None);
        }
        let header = match read_word(&config, offset) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(io::Error::from(io::ErrorKind::PermissionDenied));
            }
            other => other?,
        };
        if header == 0 || header == u32::MAX {
            return Ok(None);
        }
        if header & 0xffff == DEVICE_SERIAL_NUMBER {
            let (low, high) = (read_word(&config, offset + 4)?, read_word(&config, offset + 8)?);
            let bytes = high.to_be_bytes().into_iter().chain(low.to_be_bytes());
            let text: Vec<_> = bytes.map(|byte| format!("{byte:02x}")).collect();
            return Ok(Some(text.join("-")));
        }
        offset = u64::from(header >> 20);
    }
    Ok(None)
}

fn read_word(config: &File, offset: u64) -> io::Result<u32> {
    let mut word = [0; 4];
    config.read_exact_at(&mut word, offset)?;
    Ok(u32::from_le_bytes(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns 4096 bytes of configuration with these words at these places.
    fn config(words: &[(usize, u32)]) -> Vec<u8> {
        let mut bytes = vec![0; 4096];
        for (offset, word) in words {
            bytes[*offset..*offset + 4].copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    fn serial_of(bytes: &[u8]) -> io::Result<Option<String>> {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("config"), bytes).expect("a file");
        read_serial(folder.path())
    }

    #[test]
    fn serial_is_found_behind_other_capabilities_and_written_as_lspci_does() {
        let bytes =
            config(&[(0x100, 0x1402_0001), (0x140, 0x0001_0003), (0x144, 0xff12_3456), (0x148, 0x001b_21ff)]);
        assert_eq!(serial_of(&bytes).expect("readable").as_deref(), Some("00-1b-21-ff-ff-12-34-56"));
    }

    #[test]
    fn serial_is_none_without_the_capability_and_in_a_chain_that_runs_in_a_circle() {
        for words in [&[(0x100, 0x0001_0001)][..], &[(0x100, 0x1001_0001)], &[(0x100, u32::MAX)], &[]] {
            assert_eq!(serial_of(&config(words)).expect("readable"), None, "{words:x?}");
        }
        assert_eq!(serial_of(&[0; 256]).expect("a device without extended space"), None);
    }
}
