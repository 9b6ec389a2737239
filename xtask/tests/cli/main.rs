//! Runs the real binary against an embedded AWS of each test's own.
#![expect(
    clippy::unwrap_used,
    reason = "all of it is tests; clippy knows those with an attribute only"
)]

mod harness;

mod check;
mod cleanup;
mod completions;
mod help;
mod new_test;
mod overview;
mod policy;
mod report;
mod sandbox_command;
mod setup;
mod test;
mod wire;
mod workspace;
