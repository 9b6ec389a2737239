//! What the app is told from outside, checked as a whole before anything starts.

use std::collections::HashMap;

use crate::storage::KeyPrefix;

mod aws;
mod backend;
mod bucket_name;
mod database;
mod env;
mod error;
mod models;
mod reader;
mod region;
mod secret;
mod server;
mod variables;

pub use aws::AwsSettings;
pub use backend::{AddressingStyle, BackendSettings, LocalSettings, S3Settings};
pub use bucket_name::{BucketName, BucketNameError};
pub use database::DatabaseLocation;
pub use error::{SettingProblem, SettingsError};
pub use models::ModelSettings;
pub use region::{RegionError, RegionName};
pub use secret::Secret;
pub use server::{LogFormat, ServerSettings};
pub use variables::{VARIABLES, Variable};

#[cfg(test)]
pub(crate) use backend::API_ROOTS;

use reader::Reader;

/// Everything that the app is told from outside.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// Where files are stored.
    pub backend: BackendSettings,
    /// `S3_KEY_PREFIX`: the folder of every key, on both backends.
    pub key_prefix: KeyPrefix,
    /// Which models there are, and how long they may take.
    pub models: ModelSettings,
    /// `DATABASE_FILE`: where users' choices are kept.
    pub database: DatabaseLocation,
    /// How the API is served.
    pub server: ServerSettings,
    /// The AWS variables, for whoever loads the SDK's configuration (`main` does).
    pub aws: AwsSettings,
}

impl Settings {
    /// Reads settings from names and values, as of the environment.
    ///
    /// Empty values count as unset, unknown names are ignored, of a repeated name the last value counts.
    /// What is set must be well-formed, also for the backend that is not chosen; required is only what the chosen one needs.
    /// On error every problem is reported at once.
    pub fn from_vars(
        vars: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        let vars: HashMap<_, _> = vars.into_iter().filter(|(_, v)| !v.is_empty()).collect();
        let mut reader = Reader::new(vars);
        let settings = read(&mut reader);
        let problems = reader.into_problems();
        match settings {
            Some(settings) if problems.is_empty() => Ok(settings),
            _ => Err(SettingsError::Invalid { problems }),
        }
    }
}

/// `None` only where the reader has noted a problem.
fn read(reader: &mut Reader) -> Option<Settings> {
    let (backend, region) = BackendSettings::read(reader);
    let key_prefix = reader
        .optional("S3_KEY_PREFIX", |text| KeyPrefix::new(text).map_err(|error| error.to_string()));
    let models = ModelSettings::read(reader);
    let database = DatabaseLocation::read(reader);
    let server = ServerSettings::read(reader);
    let aws = AwsSettings::read(reader, region);
    Some(Settings {
        backend: backend?,
        key_prefix: key_prefix.unwrap_or_default(),
        models: models?,
        database: database?,
        server: server?,
        aws,
    })
}

#[cfg(test)]
mod tests;
