//! The workers' addresses, which are this machine's own: the user network of a guest rewrites only sources on loopback,
//! and the API server asks kubelets for logs and exec.
//!
//! One user network for all workers: the API server has the same address everywhere.

use std::fs;
use std::process::Command;
use std::time::Duration;

use super::folder::Folder;
use super::local::MOST_WORKERS;
use super::process::must_run;
use super::provider::{ClusterError, host};

/// How long a look at routes or a change may take.
const LIMIT: Duration = Duration::from_secs(60);
/// The first worker's in the first cluster of this machine.
const FIRST: u8 = 15;
/// The last that is tried.
const LAST: u8 = 200;
/// Where a cluster remembers the routes that it has added: the machine's boot, then an address a line.
const FILE: &str = "addresses";
/// Which boot of the machine this is.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";

/// The addresses of one cluster's workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses(u8);

impl Addresses {
    /// Takes addresses that no other cluster has.
    ///
    /// # Errors
    ///
    /// When routes cannot be read or made.
    pub fn take(folder: &Folder) -> Result<Self, ClusterError> {
        let look = || ip(&["route", "show", "table", "local"]).map(|routes| first_free(&routes));
        let mut free = look()?;
        while let Some(addresses) = free {
            let Err(error) = addresses.add(Some(folder)) else { return Ok(addresses) };
            Self::give_back(folder);
            free = look()?;
            // Otherwise another cluster was faster.
            if free == Some(addresses) {
                return Err(error);
            }
        }
        Err(ClusterError::Unable("find addresses for workers: all are taken".to_owned()))
    }

    /// Takes the first, in a network in which no other cluster is and which goes with this one.
    ///
    /// # Errors
    ///
    /// When routes cannot be made.
    pub fn take_apart() -> Result<Self, ClusterError> {
        let addresses = Self(FIRST);
        addresses.add(None).map(|()| addresses)
    }

    /// Adds the routes, and remembers each once it is this cluster's, where somebody has to give it back.
    fn add(self, folder: Option<&Folder>) -> Result<(), ClusterError> {
        let mut own = boot();
        for address in (1..=MOST_WORKERS).map(|number| self.of(number)) {
            let route = format!("{address}/32");
            ip(&["route", "add", "local", &route, "dev", "lo", "table", "local", "src", "127.0.0.1"])?;
            own.push_str(&format!("\n{address}"));
            if let Some(folder) = folder {
                fs::write(folder.file(FILE), &own).map_err(host("remember the workers' addresses"))?;
            }
        }
        Ok(())
    }

    /// Gives back what a cluster has added, if it has, and forgets it: afterwards it may be another cluster's.
    pub fn give_back(folder: &Folder) {
        let remembered = fs::read_to_string(folder.file(FILE)).unwrap_or_default();
        for address in own(&remembered, &boot()) {
            // What somebody else has removed is not there.
            drop(ip(&["route", "del", "local", &format!("{address}/32"), "dev", "lo", "table", "local"]));
        }
        drop(fs::remove_file(folder.file(FILE)));
    }

    /// The address of the worker with this number, from 1.
    pub fn of(self, number: u8) -> String {
        format!("10.0.2.{}", self.0 + number - 1)
    }
}

/// The first addresses, one after another, that have no route.
fn first_free(routes: &str) -> Option<Addresses> {
    let taken = |address: &str| routes.lines().any(|line| line.split_whitespace().nth(1) == Some(address));
    (FIRST..LAST)
        .step_by(usize::from(MOST_WORKERS))
        .map(Addresses)
        .find(|addresses| (1..=MOST_WORKERS).all(|number| !taken(&addresses.of(number))))
}

/// The addresses of a cluster that were added in this boot of the machine; others went with theirs.
fn own<'a>(remembered: &'a str, boot: &str) -> impl Iterator<Item = &'a str> {
    let is_of_now = remembered.lines().next() == Some(boot);
    remembered.lines().skip(1).filter(move |_| is_of_now)
}

fn boot() -> String {
    fs::read_to_string(BOOT).unwrap_or_default().trim().to_owned()
}

fn ip(words: &[&str]) -> Result<String, ClusterError> {
    must_run(Command::new("ip").args(words), LIMIT, &format!("ip {} (routes need root)", words.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_another_cluster_are_not_taken() {
        assert_eq!(first_free("local 127.0.0.1 dev lo\n").unwrap().of(2), "10.0.2.16");
        assert_eq!(
            first_free("local 10.0.2.15 dev lo scope host src 127.0.0.1\n").unwrap().of(1),
            "10.0.2.17"
        );
        assert_eq!(
            first_free("local 10.0.2.16 dev lo\nlocal 10.0.2.150 dev lo\n").unwrap().of(1),
            "10.0.2.17"
        );
    }
    #[test]
    fn only_routes_of_its_own_are_given_back() {
        let remembered = "boot-1\n10.0.2.17\n10.0.2.18";
        assert_eq!(own(remembered, "boot-1").collect::<Vec<_>>(), ["10.0.2.17", "10.0.2.18"]);
        assert_eq!(own(remembered, "boot-2").count(), 0);
        assert_eq!(own("", "boot-1").count(), 0);
    }
}
