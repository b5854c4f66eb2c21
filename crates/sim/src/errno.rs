//! The error numbers that the simulated kernel returns.

use std::fmt;
use std::str::FromStr;

use vfctl_model::ParseError;
use vfctl_port::OpError;

/// One of Linux's error numbers (include/uapi/asm-generic/errno-base.h and errno.h).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Errno(pub i32);

/// Makes a constant and a row of the table from one line each.
macro_rules! errnos {
    ($($name:ident = $number:literal, $text:literal;)*) => {
        #[expect(missing_docs, reason = "the table carries the text")]
        impl Errno {
            $(pub const $name: Self = Self($number);)*
        }

        /// Number, name and text of every error that has a name here.
        const TABLE: &[(Errno, &str, &str)] = &[$((Errno::$name, stringify!($name), $text)),*];
    };
}

errnos! {
    EPERM = 1, "operation not permitted";
    ENOENT = 2, "no such file or directory";
    EIO = 5, "input/output error";
    EAGAIN = 11, "resource temporarily unavailable";
    ENOMEM = 12, "cannot allocate memory";
    EACCES = 13, "permission denied";
    EBUSY = 16, "device or resource busy";
    EEXIST = 17, "file exists";
    ENODEV = 19, "no such device";
    EINVAL = 22, "invalid argument";
    ENOSPC = 28, "no space left on device";
    ERANGE = 34, "numerical result out of range";
    ENOSYS = 38, "function not implemented";
    EPROTONOSUPPORT = 93, "protocol not supported";
    EOPNOTSUPP = 95, "operation not supported";
    ENETDOWN = 100, "network is down";
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match TABLE.iter().find(|(errno, _, _)| errno == self) {
            Some((_, name, text)) => write!(f, "{name}: {text}"),
            None => write!(f, "error {}", self.0),
        }
    }
}

/// Reads a name (`EBUSY`) or a number (`16`).
impl FromStr for Errno {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match TABLE.iter().find(|(_, name, _)| *name == text) {
            Some((errno, _, _)) => Ok(*errno),
            None => text
                .parse()
                .ok()
                .filter(|number| *number > 0)
                .map(Self)
                .ok_or_else(|| ParseError::new(text, "error number such as `EBUSY`")),
        }
    }
}

impl From<Errno> for OpError {
    fn from(errno: Errno) -> Self {
        Self { errno: Some(errno.0), cause: errno.to_string(), detail: None }
    }
}
