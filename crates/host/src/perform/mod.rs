//! Performing operations: messages for interfaces, stores for devices, `modprobe` for modules.

mod dispatch;
mod function;
mod kernel_log;
mod link_ops;
mod module;
mod stores;
