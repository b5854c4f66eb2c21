//! Empty on purpose: this crate is its tests, which are about the repository and not about a program.
