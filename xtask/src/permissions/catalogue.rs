//! The models that the app may call, as far as IAM cares.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::config::Config;
use crate::error::Hint as _;

/// The app's own catalogue.
const DEFAULT: &str = "app/src/models/catalogue.toml";

/// The enabled models of the app.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Catalogue {
    /// On Bedrock: ids of models, ids of inference profiles, ARNs.
    pub(crate) models: Vec<String>,
    /// On SageMaker: names of endpoints.
    pub(crate) endpoints: Vec<String>,
}

#[derive(Deserialize)]
struct File {
    models: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    model: Option<String>,
    endpoint: Option<String>,
    enabled: Option<bool>,
}

impl Catalogue {
    /// Reads the file that `MODEL_CATALOGUE` names, or the app's own.
    ///
    /// # Errors
    /// Where it cannot be read, or is no catalogue; the app itself tells more exactly why.
    pub(crate) fn read(config: &Config) -> Result<Catalogue> {
        let path =
            config.get("MODEL_CATALOGUE").map_or_else(|| PathBuf::from(DEFAULT), PathBuf::from);
        let path = config.workspace.join(path);
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("reading the app's catalogue of models, `{}`", path.display()))
            .hint("let MODEL_CATALOGUE name it, or leave it empty for the app's own")?;
        Catalogue::parse(&text)
            .with_context(|| format!("`{}` is no catalogue of models", path.display()))
            .hint("the app says line and column of what is wrong: cargo run -p app")
    }

    fn parse(text: &str) -> Result<Catalogue> {
        let file: File = toml::from_str(text)?;
        let enabled = || file.models.iter().filter(|model| model.enabled.unwrap_or(true));
        Ok(Catalogue {
            models: enabled().filter_map(|model| model.model.clone()).collect(),
            endpoints: enabled().filter_map(|model| model.endpoint.clone()).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_enabled_may_be_called() {
        let catalogue = Catalogue::parse(include_str!("../../../app/src/models/catalogue.toml"));
        let catalogue = catalogue.unwrap();
        assert!(catalogue.models.contains(&"amazon.nova-lite-v1:0".to_owned()), "{catalogue:?}");
        assert_eq!(catalogue.endpoints, ["text-generation"]);
        let disabled = "global.anthropic.claude-sonnet-4-5-20250929-v1:0".to_owned();
        assert!(!catalogue.models.contains(&disabled), "{catalogue:?}");
    }

    #[test]
    fn a_file_that_is_none_is_an_error() {
        for text in ["", "models = 1", "[[models]\n"] {
            assert!(Catalogue::parse(text).is_err(), "{text}");
        }
    }
}
