//! The models that users may choose from, as data: a TOML file, or the one that is shipped.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::error::ModelError;
use super::model::{MAX_ID_CHARS, Model, ModelId};

mod family;
mod file;
mod nearest;
mod position;

use position::Position;

/// The models that users may choose from.
///
/// Invariant: there is at least one, ids differ, and the default is enabled.
#[derive(Clone, Debug)]
pub struct Catalogue {
    models: Vec<Model>,
    default: usize,
}

impl Catalogue {
    /// The catalogue that comes with the app.
    pub fn shipped() -> Self {
        Self::parse("catalogue.toml", SHIPPED).expect(
            "it is part of the program, and the test `the_shipped_catalogue_is_sound` reads it",
        )
    }

    /// Reads a catalogue; `name` is what its errors call it.
    ///
    /// The form is told in the shipped one, `app/src/models/catalogue.toml`; at most 256 KiB.
    ///
    /// # Errors
    /// With line and column of the first fault.
    pub fn parse(name: &str, text: &str) -> Result<Self, CatalogueError> {
        // Editors on Windows start files with it; it is no character of the first line.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let read = if text.len() > MAX_BYTES {
            Err(file::Fault { at: 0, message: too_large() })
        } else {
            file::read(text)
        };
        match read {
            Ok((models, default)) => Ok(Self { models, default }),
            Err(fault) => Err(broken(name, Position::of(text, fault.at), fault.message)),
        }
    }

    /// Reads the file that `MODEL_CATALOGUE` names, or takes the shipped one.
    ///
    /// # Errors
    /// Where the file cannot be read or is not UTF-8, or as [`Catalogue::parse`].
    pub fn load(path: Option<&Path>) -> Result<Self, CatalogueError> {
        let Some(path) = path else { return Ok(Self::shipped()) };
        let name = path.display().to_string();
        let bytes = read_bounded(path)
            .map_err(|source| CatalogueError::Read { path: path.to_owned(), source })?;
        match str::from_utf8(&bytes) {
            Ok(text) => Self::parse(&name, text),
            // The last character may have been cut in two.
            Err(_) if bytes.len() > MAX_BYTES => {
                Err(broken(&name, Position { line: 1, column: 1 }, too_large()))
            }
            Err(error) => {
                let (sound, rest) = bytes.split_at(error.valid_up_to());
                let sound = String::from_utf8_lossy(sound);
                let sound = sound.strip_prefix('\u{feff}').unwrap_or(&sound);
                let byte = rest.first().copied().unwrap_or_default();
                let message = format!("byte 0x{byte:02x} is not UTF-8: save the file as UTF-8");
                Err(broken(&name, Position::of(sound, sound.len()), message))
            }
        }
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
        match self.models.iter().find(|model| model.id.as_str() == id) {
            Some(model) if model.enabled => Ok(model),
            Some(model) => {
                Err(ModelError::Disabled { id: model.id.clone(), valid: self.enabled_near(id) })
            }
            None => {
                let id: String = id.chars().take(MAX_ID_CHARS).collect();
                let valid = self.enabled_near(&id);
                Err(ModelError::Unknown { id, valid })
            }
        }
    }

    fn enabled_near(&self, id: &str) -> Vec<ModelId> {
        let enabled = self.models.iter().filter(|model| model.enabled);
        nearest::nearest(id, enabled.map(|model| &model.id)).into_iter().cloned().collect()
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
        source: io::Error,
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

impl CatalogueError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Read { .. } => {
                "set `MODEL_CATALOGUE` to a TOML file that can be read, or unset it for the shipped catalogue"
            }
            Self::Broken { .. } => {
                "correct that line; `app/src/models/catalogue.toml` shows every field"
            }
        };
        Some(hint.to_owned())
    }
}

const SHIPPED: &str = include_str!("catalogue.toml");

/// A thousand models fit in, and nothing that would keep the parser busy.
const MAX_BYTES: usize = 256 * 1024;

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // With room for a BOM, and one more to tell that it is too large.
    File::open(path)?.take(MAX_BYTES as u64 + 4).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn too_large() -> String {
    format!("the file is too large, the most is {MAX_BYTES} bytes")
}

fn broken(name: &str, position: Position, message: String) -> CatalogueError {
    let Position { line, column } = position;
    CatalogueError::Broken { name: name.to_owned(), line, column, message }
}

#[cfg(test)]
mod tests;
