//! The edge against a server on the loopback interface that answers as an API server does, or does not answer.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    reason = "the tests of the edge do what the edge does"
)]

mod access;
mod change;
mod look;
mod pod;
mod rights;
mod server;
