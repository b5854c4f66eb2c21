//! The version of a card's firmware, by the request that `ethtool -i` makes.
//!
//! Netlink has it of devices with devlink alone (`devlink dev info`), which many drivers have gained late or never (igb).
//! For those that have devlink the kernel answers this request from there (`ethtool_get_drvinfo`, net/ethtool/ioctl.c).

use std::ffi::OsStr;
use std::io;
use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};

/// `ETHTOOL_GDRVINFO` of include/uapi/linux/ethtool.h.
const ETHTOOL_GDRVINFO: u32 = 3;
/// The length of `struct ethtool_drvinfo`, in words of four bytes: it begins with the request's number.
const WORDS: usize = 49;
/// Where its `fw_version` stands, in bytes, behind `cmd`, `driver` and `version`.
const FIRMWARE_AT: usize = 4 + 32 + 32;
/// The length of its `fw_version`, in bytes (`ETHTOOL_FWVERS_LEN`).
const FIRMWARE_LENGTH: usize = 32;
/// What drivers say that have nothing to say.
const NOT_AVAILABLE: [&str; 2] = ["N/A", "n/a"];

/// Returns the version of the firmware of an interface's card; `None` where there is no such interface, or its driver does not
/// report it.
///
/// Takes the lock of all interfaces, which somebody may keep.
///
/// # Errors
/// Where the kernel refuses the request for another reason.
pub(crate) fn firmware_version(interface: &OsStr) -> io::Result<Option<String>> {
    let mut drvinfo = [0_u32; WORDS];
    drvinfo[0] = ETHTOOL_GDRVINFO;
    match ask(interface, &mut drvinfo) {
        Ok(()) => Ok(version_in(&drvinfo)),
        Err(Errno::EOPNOTSUPP | Errno::ENODEV) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Sends a request about an interface, which the kernel answers in place.
fn ask(interface: &OsStr, drvinfo: &mut [u32; WORDS]) -> Result<(), Errno> {
    let name = interface.as_encoded_bytes();
    let mut named = [0; libc::IFNAMSIZ];
    if name.len() >= named.len() {
        return Err(Errno::ENODEV);
    }
    for (to, from) in named.iter_mut().zip(name) {
        *to = libc::c_char::from_ne_bytes([*from]);
    }
    let request = libc::ifreq {
        ifr_name: named,
        ifr_ifru: libc::__c_anonymous_ifr_ifru { ifru_data: drvinfo.as_mut_ptr().cast() },
    };
    let socket = socket(AddressFamily::Inet, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None)?;
    #[expect(unsafe_code, reason = "no library makes this request, and no message does")]
    // SAFETY: the kernel reads `request` and writes at most `struct ethtool_drvinfo` to `ifru_data` (`ethtool_get_drvinfo`),
    // which is `WORDS` long, lives until the call returns and is not referred to otherwise.
    let answer = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCETHTOOL, &raw const request) };
    Errno::result(answer).map(drop)
}

fn version_in(drvinfo: &[u32; WORDS]) -> Option<String> {
    let bytes = drvinfo.iter().flat_map(|word| word.to_ne_bytes());
    let version = bytes.skip(FIRMWARE_AT).take(FIRMWARE_LENGTH).take_while(|byte| *byte != 0);
    let version = String::from_utf8_lossy(&version.collect::<Vec<_>>()).trim().to_owned();
    Some(version).filter(|version| !version.is_empty() && !NOT_AVAILABLE.contains(&version.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drvinfo(version: &[u8]) -> [u32; WORDS] {
        let mut bytes = [0_u8; WORDS * 4];
        bytes[..4].copy_from_slice(&ETHTOOL_GDRVINFO.to_ne_bytes());
        bytes[4..7].copy_from_slice(b"igb");
        bytes[FIRMWARE_AT..][..version.len()].copy_from_slice(version);
        let words = bytes.as_chunks().0.iter().map(|word| u32::from_ne_bytes(*word));
        words.collect::<Vec<_>>().try_into().unwrap()
    }

    #[test]
    fn a_version_ends_with_its_field_or_before() {
        assert_eq!(version_in(&drvinfo(b"1.63, 0x800009fa")).as_deref(), Some("1.63, 0x800009fa"));
        let longest = [b'1'; FIRMWARE_LENGTH];
        assert_eq!(version_in(&drvinfo(&longest)), String::from_utf8(longest.to_vec()).ok());
    }

    #[test]
    fn drivers_that_say_nothing_report_none() {
        assert_eq!(version_in(&drvinfo(b"")), None);
        assert_eq!(version_in(&drvinfo(b"N/A")), None);
        assert_eq!(version_in(&drvinfo(b"  ")), None);
    }

    #[test]
    fn interfaces_that_are_not_there_have_none() {
        assert_eq!(firmware_version(OsStr::new("none-such0")).unwrap(), None);
        assert_eq!(firmware_version(OsStr::new("longer-than-any-interface")).unwrap(), None);
        assert_eq!(firmware_version(OsStr::new("lo")).unwrap(), None);
    }
}
