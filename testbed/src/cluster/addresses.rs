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
const LIMIT: Duration = Duration::from_secs(10);
/// The first worker's in the first cluster of this machine.
const FIRST: u8 = 15;
/// The last that is tried.
const LAST: u8 = 200;
/// Where a cluster's first address is remembered.
const FILE: &str = "addresses";

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
        let routes = ip(&["route", "show", "table", "local"])?;
        let addresses = first_free(&routes)
            .ok_or_else(|| ClusterError::Unable("find addresses for workers: all are taken".to_owned()))?;
        fs::write(folder.file(FILE), addresses.0.to_string())
            .map_err(host("remember the workers' addresses"))?;
        for number in 1..=MOST_WORKERS {
            let address = format!("{}/32", addresses.of(number));
            ip(&["route", "add", "local", &address, "dev", "lo", "table", "local", "src", "127.0.0.1"])?;
        }
        Ok(addresses)
    }

    /// Gives back what a cluster has taken, if it has.
    pub fn give_back(folder: &Folder) {
        let remembered = fs::read_to_string(folder.file(FILE)).ok().and_then(|text| text.parse().ok());
        for address in
            remembered.into_iter().flat_map(|first| (1..=MOST_WORKERS).map(move |n| Self(first).of(n)))
        {
            // What was never added is not there.
            drop(ip(&["route", "del", "local", &format!("{address}/32"), "dev", "lo", "table", "local"]));
        }
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
}
