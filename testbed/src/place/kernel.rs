//! The guest as a place: a real kernel on emulated hardware.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Place, PlaceError};
use crate::guest::Output;
use crate::guest::link::Started;
use crate::lab::{Lab, Plan};
use crate::machine::boot::MachineError;
use crate::machine::monitor::Wire;
use crate::roles::Roles;
use crate::scenario::{Only, hand};
use crate::transcript::difference::difference;

const VFCTL_LIMIT: Duration = Duration::from_secs(120);
const SHELL_LIMIT: Duration = Duration::from_secs(120);
const RESET_LIMIT: Duration = Duration::from_secs(90);

/// The guest as a place. A guest that broke is replaced by a fresh one.
#[derive(Debug)]
pub struct Kernel {
    plan: Plan,
    report: PathBuf,
    console: String,
    boots: u32,
    booted: Option<Booted>,
    roles: Roles,
    runs: u32,
    work: PathBuf,
    work_in_guest: String,
    started: Option<Started>,
}

#[derive(Debug)]
struct Booted {
    lab: Lab,
    /// The world at boot, as `world.sh` prints it.
    world: Vec<String>,
}

impl Kernel {
    /// Boots a first guest; its console's logs go to the report folder, as `console-1.log` for a `console`.
    ///
    /// # Errors
    ///
    /// When it does not boot.
    pub fn open(plan: Plan, report: &Path, console: &str) -> Result<Self, PlaceError> {
        let mut kernel = Self {
            plan,
            report: report.to_owned(),
            console: console.to_owned(),
            boots: 0,
            booted: None,
            roles: Roles::new(),
            runs: 0,
            work: PathBuf::new(),
            work_in_guest: String::new(),
            started: None,
        };
        kernel.booted()?;
        Ok(kernel)
    }

    fn booted(&mut self) -> Result<&mut Booted, PlaceError> {
        let booted = match self.booted.take() {
            Some(booted) => booted,
            None => {
                self.boots += 1;
                let log = self.report.join(format!("{}-{}.log", self.console, self.boots));
                let mut lab = Lab::open(&self.plan, &log)?;
                self.roles = lab.roles.clone();
                let world = world(&mut lab)?;
                Booted { lab, world }
            }
        };
        Ok(self.booted.insert(booted))
    }

    fn run(&mut self, command: &str, limit: Duration) -> Result<Output, PlaceError> {
        let dir = self.work_in_guest.clone();
        Ok(self.booted()?.lab.guest.run(command, &dir, limit)?)
    }

    fn set_wire(&mut self, interface: &str, state: &str) -> Result<Output, PlaceError> {
        let role = self.roles.iter().find(|(_, device)| device.interface.as_deref() == Some(interface));
        let role = match role {
            Some((role, device)) if device.hardware == "igb" => role.clone(),
            _ => return Err(PlaceError::Unable(format!("{interface} has no wire that can be cut"))),
        };
        let wire = match state {
            "on" => Wire::Joined,
            "off" => Wire::Cut,
            _ => return Err(PlaceError::Unable(format!("a carrier is on or off, not {state}"))),
        };
        self.wire(&role, wire)?;
        self.run(&format!("/share/hand await-carrier {interface} {state}"), SHELL_LIMIT)
    }

    fn wire(&mut self, role: &str, wire: Wire) -> Result<(), PlaceError> {
        let monitor = self.booted()?.lab.guest.machine.monitor().map_err(in_guest)?;
        monitor.set_wire(role, wire).map_err(|error| in_guest(MachineError::from(error)))
    }
}

fn in_guest(error: MachineError) -> PlaceError {
    PlaceError::Guest(error.into())
}

fn world(lab: &mut Lab) -> Result<Vec<String>, PlaceError> {
    let output = lab.guest.run("bash /share/world.sh", "/", SHELL_LIMIT)?;
    Ok(output.stdout.lines().map(str::to_owned).collect())
}

impl Place for Kernel {
    fn name(&self) -> &'static str {
        "kernel"
    }

    fn refuses(&self, only: &Only) -> Option<String> {
        match only {
            Only::Kernel(_) => None,
            Only::Simulator(why) => Some(why.clone()),
        }
    }

    fn roles(&self) -> &Roles {
        &self.roles
    }

    fn begin(&mut self) -> Result<(), PlaceError> {
        self.runs += 1;
        let name = format!("work-{}", self.runs);
        let (work, work_in_guest) = self.booted()?.lab.folder(&name)?;
        (self.work, self.work_in_guest) = (work, work_in_guest);
        self.started = None;
        Ok(())
    }

    fn put(&mut self, name: &str, text: &str) -> Result<(), PlaceError> {
        fs::write(self.work.join(name), text)
            .map_err(|source| PlaceError::Host { attempt: format!("write {name} into the share"), source })
    }

    fn vfctl(&mut self, arguments: &str) -> Result<Output, PlaceError> {
        self.run(&format!("exec vfctl {arguments}"), VFCTL_LIMIT)
    }

    /// A new count takes an igb's carrier away for a moment, and whether that
    /// is over yet is no reading.
    fn record(&mut self) -> Result<Output, PlaceError> {
        let interfaces: Vec<_> =
            self.roles.values().filter_map(|device| device.interface.as_deref()).collect();
        let command = format!("/share/hand settle {}; exec vfctl record", interfaces.join(" "));
        self.run(&command, VFCTL_LIMIT)
    }

    fn hand(&mut self, words: &str) -> Result<Output, PlaceError> {
        if let Some((device, state)) = hand::as_carrier(words) {
            return self.set_wire(device, state);
        }
        self.run(&format!("/share/hand {words}"), SHELL_LIMIT)
    }

    fn shell(&mut self, command: &str) -> Result<Option<Output>, PlaceError> {
        self.run(command, SHELL_LIMIT).map(Some)
    }

    fn start(&mut self, arguments: &str) -> Result<(), PlaceError> {
        let dir = self.work_in_guest.clone();
        let guest = &mut self.booted()?.lab.guest;
        let started = guest.start(&format!("exec vfctl {arguments}"), &dir, VFCTL_LIMIT)?;
        self.started = Some(started);
        Ok(())
    }

    fn interrupt(&mut self) -> Result<(), PlaceError> {
        let started = self.started.take().ok_or_else(nothing_started)?;
        self.booted()?.lab.guest.signal(&started, nix::libc::SIGINT)?;
        self.started = Some(started);
        Ok(())
    }

    fn wait(&mut self) -> Result<Output, PlaceError> {
        let started = self.started.take().ok_or_else(nothing_started)?;
        Ok(self.booted()?.lab.guest.wait(&started)?)
    }

    fn end(&mut self) -> Result<(), PlaceError> {
        if let Some(started) = self.started.take() {
            let guest = &mut self.booted()?.lab.guest;
            guest.signal(&started, nix::libc::SIGKILL)?;
            guest.wait(&started)?;
        }
        let devices: Vec<_> = self.roles.clone().into_iter().collect();
        for (role, device) in &devices {
            if device.hardware == "igb" {
                self.wire(role, Wire::Joined)?;
            }
        }
        let interfaces: Vec<_> = devices.into_iter().filter_map(|(_, device)| device.interface).collect();
        let reset = format!("bash /share/reset.sh {}", interfaces.join(" "));
        let said = self.run(&reset, RESET_LIMIT)?.stderr;
        let booted = self.booted()?;
        let now = world(&mut booted.lab)?;
        match difference(&booted.world, &now) {
            None => Ok(()),
            Some(left) => {
                // The next scenario shall not suffer for it.
                self.give_up();
                Err(PlaceError::LeftBehind(format!("{left}{said}")))
            }
        }
    }

    fn give_up(&mut self) {
        self.booted = None;
    }
}

fn nothing_started() -> PlaceError {
    PlaceError::Unable("nothing was started".to_owned())
}
