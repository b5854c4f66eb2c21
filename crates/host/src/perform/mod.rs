//! Performing operations: an op becomes a message, writes or a program, and that is then sent, written or run.

mod action;
mod dispatch;
mod function;
mod interface;
mod kernel_log;
mod messages;
mod patience;
mod program;
mod stores;
mod switch;
mod work;
