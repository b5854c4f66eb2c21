//! The SSH connection that this program was started from.

use std::fs;
use std::net::IpAddr;

use crate::roots::Roots;
use crate::sysfs::files::text;

/// How many parents are asked: no real chain of shells and `sudo` is longer.
const GENERATIONS: usize = 32;

/// Returns this side's address of the SSH connection, from the environment of this process or the nearest
/// parent that has `SSH_CONNECTION`: `sudo` takes it out of its children's.
pub(crate) fn local_address(roots: &Roots) -> Option<IpAddr> {
    let mut pid = "self".to_owned();
    for _ in 0..GENERATIONS {
        let folder = roots.path(format!("/proc/{pid}"));
        let environment = fs::read(folder.join("environ")).unwrap_or_default();
        if let Some(found) =
            environment.split(|byte| *byte == 0).find_map(|line| line.strip_prefix(b"SSH_CONNECTION="))
        {
            return address_in(std::str::from_utf8(found).ok()?);
        }
        let status = text(&folder.join("status")).ok()?;
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim();
        if parent == "0" {
            return None;
        }
        pid = parent.to_owned();
    }
    None
}

/// Reads `CLIENT PORT SERVER PORT` (sshd(8), SSH_CONNECTION).
fn address_in(connection: &str) -> Option<IpAddr> {
    let server = connection.split(' ').nth(2)?;
    // A link-local address carries its interface behind a percent sign.
    server.split('%').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_of_this_side_is_the_third_word() {
        for (connection, address) in [
            ("192.0.2.7 51000 192.0.2.1 22", Some("192.0.2.1")),
            ("fe80::2%eth0 51000 fe80::1%eth0 22", Some("fe80::1")),
            ("192.0.2.7 51000", None),
            ("", None),
        ] {
            assert_eq!(address_in(connection).map(|a| a.to_string()).as_deref(), address, "{connection}");
        }
    }

    #[test]
    fn address_is_found_at_the_parent_that_sudo_took_it_from() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |pid: &str, environ: &str, parent: &str| {
            let process = folder.path().join("proc").join(pid);
            fs::create_dir_all(&process).expect("a folder");
            fs::write(process.join("environ"), environ).expect("a file");
            fs::write(process.join("status"), format!("Name:\tsh\nPPid:\t{parent}\n")).expect("a file");
        };
        write("self", "PATH=/bin\0", "20");
        write("20", "", "10");
        write("10", "HOME=/\0SSH_CONNECTION=192.0.2.7 51000 192.0.2.1 22\0", "1");
        let found = local_address(&Roots::under(folder.path()));
        assert_eq!(found.map(|a| a.to_string()).as_deref(), Some("192.0.2.1"));
    }
}
