//! `cargo xtask sandbox`.

use anyhow::Result;

use crate::cli;
use crate::context::Context;
use crate::exit::Exit;

pub(crate) fn run(_args: cli::Sandbox, _cx: &Context) -> Result<Exit> {
    anyhow::bail!("not built yet")
}
