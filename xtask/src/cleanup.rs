//! `cargo xtask cleanup`.

use anyhow::Result;

use crate::cli;
use crate::context::Context;
use crate::exit::Exit;

pub(crate) fn run(_args: cli::Cleanup, _cx: &Context) -> Result<Exit> {
    anyhow::bail!("not built yet")
}
