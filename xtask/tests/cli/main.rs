//! Runs the real binary against an embedded AWS of each test's own.
#![expect(
    clippy::unwrap_used,
    reason = "all of it is tests; clippy knows those with an attribute only"
)]

mod harness;

mod check;
mod ci;
mod cleanup;
mod completions;
mod connection;
mod coverage;
mod help;
mod interrupts;
mod new_test;
mod overview;
mod policy;
mod report;
mod sandbox_command;
mod setup;
mod test;
mod wire;
mod workspace;
