//! What every command is given.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::config::Config;
use crate::exit::Exit;
use crate::ui::Ui;

/// What every command is given.
pub(crate) struct Context {
    /// Where to print.
    pub(crate) ui: Ui,
    /// What the environment and `app/.env` say.
    pub(crate) config: Config,
}

impl Context {
    /// Reads the configuration.
    ///
    /// # Errors
    /// Where `app/.env` cannot be read.
    pub(crate) fn new(ui: Ui) -> Result<Context> {
        let config = Config::load()?;
        // Before anything else is printed.
        if config.is_on("GITHUB_ACTIONS") {
            config.secrets().for_each(|secret| ui.mask(secret));
        }
        Ok(Context { ui, config })
    }

    /// The folder that holds the workspace's `Cargo.toml`.
    pub(crate) fn workspace(&self) -> &Path {
        &self.config.workspace
    }

    /// Runs a command's future to its end.
    ///
    /// # Errors
    /// Where no runtime can be started, or those of the future.
    pub(crate) fn block_on(&self, future: impl Future<Output = Result<Exit>>) -> Result<Exit> {
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("starting the async runtime")?
            .block_on(future)
    }
}
