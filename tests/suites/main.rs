//! The integration suites, one module each.
//!
//! They run under `cargo xtask test` on the target that it names, and under a plain `cargo test` or
//! `cargo nextest run` each on an embedded AWS of its own.

#![expect(clippy::unwrap_used, reason = "all of this is tests, where a panic is how one fails")]

mod api;
mod env;
mod payload;
mod plain_http;

mod e2e_model_selection;
mod performance_aws;
mod s3_integration;
