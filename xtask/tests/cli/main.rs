//! Runs the real binary against an embedded AWS of each test's own.

mod cleanup;
mod harness;
mod proxy;
