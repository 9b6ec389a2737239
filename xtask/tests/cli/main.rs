//! Runs the real binary against an embedded AWS of each test's own.

mod harness;

mod setup;
mod workspace;
