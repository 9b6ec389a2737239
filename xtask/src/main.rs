//! The developer's commands: `cargo xtask setup`, `cargo xtask test`, `cargo xtask cleanup`.

use std::process::ExitCode;

use clap::Parser as _;

mod accounts;
mod aws;
mod bucket;
mod caller;
mod check;
mod ci;
mod cleanup;
mod cli;
mod completions;
mod config;
mod connection;
mod context;
mod cost;
mod coverage;
mod error;
mod exit;
mod leftovers;
mod mark;
mod models;
mod new_test;
mod overview;
mod permissions;
mod plain_http;
mod policy;
mod replace;
mod report;
mod sandbox;
mod setup;
mod shell;
mod signals;
mod test;
mod tether;
mod tool;
mod ui;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let ui = ui::Ui::new(cli.json());
    cli.run(ui).unwrap_or_else(|error| ui.error(&error)).into()
}
