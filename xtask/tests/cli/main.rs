//! Runs the real binary against an embedded AWS of each test's own.

mod harness;

mod sandbox_command;
mod setup;
mod test;
mod workspace;
