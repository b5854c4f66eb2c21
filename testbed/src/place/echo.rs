//! A place for tests of what runs in places.

use super::{Place, PlaceError};
use crate::guest::Output;
use crate::roles::Roles;
use crate::roles::tests::lab;
use crate::scenario::Only;

/// A place that answers everything with the same output.
pub(crate) struct Echo {
    pub(crate) roles: Roles,
    pub(crate) output: Output,
    pub(crate) left: bool,
    pub(crate) stalls: u32,
    pub(crate) asked: Vec<String>,
}

impl Place for Echo {
    fn name(&self) -> &'static str {
        "echo"
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
        if self.stalls == 0 {
            return Ok(());
        }
        self.stalls -= 1;
        let (limit, said) = (std::time::Duration::ZERO, String::new());
        Err(crate::guest::GuestError::Stalled { limit, said }.into())
    }
    fn put(&mut self, _name: &str, text: &str) -> Result<(), PlaceError> {
        self.asked.push(text.to_owned());
        Ok(())
    }
    fn vfctl(&mut self, arguments: &str) -> Result<Output, PlaceError> {
        self.asked.push(arguments.to_owned());
        Ok(self.output.clone())
    }
    fn record(&mut self) -> Result<Output, PlaceError> {
        self.vfctl("record")
    }
    fn hand(&mut self, words: &str) -> Result<Output, PlaceError> {
        self.vfctl(words)
    }
    fn shell(&mut self, command: &str) -> Result<Option<Output>, PlaceError> {
        self.vfctl(command).map(Some)
    }
    fn start(&mut self, _arguments: &str) -> Result<(), PlaceError> {
        Ok(())
    }
    fn interrupt(&mut self) -> Result<(), PlaceError> {
        Ok(())
    }
    fn wait(&mut self) -> Result<Output, PlaceError> {
        Ok(self.output.clone())
    }
    fn end(&mut self) -> Result<(), PlaceError> {
        if self.left { Err(PlaceError::LeftBehind("+ br0".to_owned())) } else { Ok(()) }
    }
    fn give_up(&mut self) {}
}

pub(crate) fn echo(stdout: &str, code: i32) -> Echo {
    let output = Output { code: Some(code), stdout: stdout.to_owned(), stderr: String::new() };
    Echo { roles: lab(), output, left: false, stalls: 0, asked: Vec::new() }
}
