//! Why no cluster could be found, and why a request to its API server failed.

use std::fmt;
use std::time::Duration;

use vfctl_port::{EdgeError, api_hint, with_causes};

use crate::clock::of_certificate;

/// What a library says of an error, in one line. It has no causes: libraries put them into their text already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said(String);

impl Said {
    /// Returns the words of an error itself, in one line.
    pub(crate) fn by(error: &dyn fmt::Display) -> Self {
        Self(one_line(&error.to_string()))
    }

    /// Returns the words of the first cause: those before it say only which layer handed it on.
    pub(crate) fn first_cause(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut first = error;
        while let Some(cause) = first.source() {
            first = cause;
        }
        Self::by(&first)
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text) = self;
        f.write_str(text)
    }
}

impl std::error::Error for Said {}

/// Returns a text with each run of white space as one space.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Why no cluster could be found in kubeconfigs and the environment.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// There is no kubeconfig, and this is no pod.
    #[error("no kubeconfig found, and not running in a pod")]
    Nowhere,
    /// The kubeconfig cannot be read.
    #[error("read the kubeconfig {file}")]
    Unreadable {
        /// The file, or the list of files as `$KUBECONFIG` has it.
        file: String,
        /// Why.
        #[source]
        cause: Said,
    },
    /// The kubeconfig has no context of this name.
    #[error("no context `{name}` in the kubeconfig {file} (it has {known})")]
    NoSuchContext {
        /// The name.
        name: String,
        /// The file.
        file: String,
        /// The contexts that it has, as a text.
        known: String,
    },
    /// The kubeconfig does not say which context is current.
    #[error("no current context in the kubeconfig {0}; choose one with `--context`")]
    NoContext(String),
    /// What the kubeconfig, or the pod's environment, says cannot be used, such as a file of a certificate that is not
    /// there.
    #[error("use the access from {origin}")]
    Unusable {
        /// The file, or the pod.
        origin: String,
        /// Why.
        #[source]
        cause: Said,
    },
    /// No runtime for requests.
    #[error("start the threads for requests")]
    Runtime(#[source] std::io::Error),
}

/// Why a request to the API server failed.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// It was not built, such as for a field manager without a name.
    #[error("build the request")]
    Request(#[source] Said),
    /// There is nothing by which to say who asks: a token could not be read, or the program that gets it failed.
    #[error("get the credentials for the API server")]
    Credentials(#[source] Said),
    /// No connection came about.
    #[error("no connection to the API server {server}")]
    Unreachable {
        /// Its address.
        server: String,
        /// Why.
        #[source]
        cause: Said,
    },
    /// The server is not the one that the kubeconfig means, or speaks no TLS.
    #[error("no trusted TLS connection to the API server {server}")]
    Untrusted {
        /// Its address.
        server: String,
        /// Why.
        #[source]
        cause: Said,
    },
    /// The connection was lost before the answer was complete.
    #[error("the connection to the API server was lost before its answer")]
    Cut(#[source] Said),
    /// No answer came in time.
    #[error("no answer from the API server within {}", in_seconds(*.0))]
    Late(Duration),
    /// The answer is not what was asked for.
    #[error("the answer of the API server is not understood")]
    Answer(#[source] Said),
    /// The API server refused.
    #[error("{0}")]
    Status(Refusal),
}

/// What the API server said with an error code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The code of HTTP.
    pub code: u16,
    /// Its message, in one line.
    pub message: String,
    /// What it says about each field, such as who else has set it; of credentials, why they may not be accepted.
    pub causes: Vec<String>,
    /// The kind of object that it speaks of, such as `namespaces`; `None` where no API of this path is known.
    pub about: Option<String>,
    /// How long to wait before another try.
    pub retry_after: Option<Duration>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, message, causes, about: _, retry_after } = self;
        write!(f, "{code}")?;
        if let Some(reason) = http::StatusCode::from_u16(*code).ok().and_then(|code| code.canonical_reason())
        {
            write!(f, " {reason}")?;
        }
        match (*code, message.as_str()) {
            (401, _) if causes.is_empty() => f.write_str(": the API server does not accept the credentials"),
            (401, _) => {
                write!(f, ": the API server does not accept the credentials ({})", causes.join("; "))
            }
            (_, "") => Ok(()),
            (_, message) => write!(f, ": {message}"),
        }?;
        match retry_after {
            Some(time) if *code == 429 => write!(f, " (it asks to wait for {})", in_seconds(*time)),
            _ => Ok(()),
        }
    }
}

impl Refusal {
    /// Returns whether the object itself is wrong. API servers say 500 for a field that the kind does not have.
    fn is_about_content(&self) -> bool {
        self.message.starts_with("failed to create typed patch object")
    }

    /// Returns whether the request failed before anything could be stored. Webhooks are asked before that.
    fn is_before_storage(&self) -> bool {
        self.is_about_content() || self.message.contains("failed calling webhook")
    }
}

/// Trouble that may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The API server has too much to do, or a part of it is not there.
    Busy,
    /// No connection came about.
    NoConnection,
    /// The connection was lost.
    Cut,
}

impl ApiError {
    /// Returns what of this may pass; `None` where another try is of no use.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::Status(refusal) if refusal.is_about_content() => None,
            Self::Status(refusal) => matches!(refusal.code, 429 | 500 | 503).then_some(Trouble::Busy),
            Self::Unreachable { .. } => Some(Trouble::NoConnection),
            Self::Cut(_) => Some(Trouble::Cut),
            Self::Request(_)
            | Self::Credentials(_)
            | Self::Untrusted { .. }
            | Self::Late(_)
            | Self::Answer(_) => None,
        }
    }

    /// Returns whether the API server may have done what was asked all the same.
    pub(crate) fn may_have_worked(&self) -> bool {
        match self {
            Self::Status(refusal) => refusal.code >= 500 && !refusal.is_before_storage(),
            Self::Cut(_) | Self::Late(_) | Self::Answer(_) => true,
            Self::Request(_) | Self::Credentials(_) | Self::Unreachable { .. } | Self::Untrusted { .. } => {
                false
            }
        }
    }

    /// Returns the code of HTTP; `None` where none came.
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Status(refusal) => Some(refusal.code),
            _ => None,
        }
    }

    /// Returns the error of an attempt that failed for this, with what to do about it.
    pub(crate) fn of_attempt(self, attempt: impl Into<String>) -> EdgeError {
        let text = self.text();
        let usual = api_hint(&text).map(str::to_owned);
        let hint = match (of_certificate(&text), usual) {
            (Some(clock), Some(usual)) => Some(format!("{clock}; {usual}")),
            (clock, usual) => clock.or(usual),
        };
        EdgeError { hint, ..EdgeError::new(attempt, self) }
    }

    /// Returns the error and its causes in one line.
    pub(crate) fn text(&self) -> String {
        with_causes(self)
    }
}

fn in_seconds(time: Duration) -> String {
    if time.subsec_millis() == 0 {
        format!("{} s", time.as_secs())
    } else {
        format!("{} ms", time.as_millis())
    }
}
