//! The developer's commands: `cargo xtask setup`, `cargo xtask test`, `cargo xtask cleanup`.

use std::process::ExitCode;

use clap::Parser as _;

mod accounts;
mod aws;
mod bucket;
mod caller;
mod check;
mod cleanup;
mod cli;
mod config;
mod context;
mod cost;
mod error;
mod exit;
mod leftovers;
mod mark;
mod models;
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
    let exit = match context::Context::new(ui) {
        Ok(cx) => cli.run(&cx).unwrap_or_else(|error| cx.ui.error(&error)),
        Err(error) => ui.error(&error),
    };
    exit.into()
}
