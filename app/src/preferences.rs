//! Which model each user has chosen, and when, in SQLite.

use std::time::SystemTime;

use crate::models::ModelId;
use crate::settings::DatabaseLocation;

/// Which model each user has chosen.
///
/// Cheap to clone; clones share the connections.
#[derive(Clone, Debug)]
pub struct Preferences {}

impl Preferences {
    /// Opens the database, makes it if it is missing, and brings its schema up to date.
    ///
    /// # Errors
    /// Where it cannot be opened, is no database, or comes from a newer version of the app.
    pub async fn open(location: &DatabaseLocation) -> Result<Self, PreferencesError> {
        let _ = location;
        Ok(Self {})
    }

    /// What the user has chosen; `None` where nothing, or after [`Preferences::reset`].
    pub async fn current(&self, user: &UserId) -> Result<Option<Choice>, PreferencesError> {
        let _ = user;
        Ok(None)
    }

    /// Chooses a model and records the switch, in one transaction.
    ///
    /// Choosing the same model again is recorded too.
    pub async fn choose(&self, user: &UserId, model: &ModelId) -> Result<Switch, PreferencesError> {
        let _ = (user, model);
        unreachable!("written by the next commit")
    }

    /// Goes back to the default and records the switch; `None`, with nothing recorded, where there was no choice.
    pub async fn reset(&self, user: &UserId) -> Result<Option<Switch>, PreferencesError> {
        let _ = user;
        Ok(None)
    }

    /// The user's switches, the latest first: at most `limit`, from before `before` on.
    pub async fn history(
        &self,
        user: &UserId,
        limit: u32,
        before: Option<i64>,
    ) -> Result<Vec<Switch>, PreferencesError> {
        let _ = (user, limit, before);
        Ok(Vec::new())
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), PreferencesError> {
        Ok(())
    }

    /// Waits for what is being written and closes the connections.
    pub async fn close(&self) {}
}

/// A user's choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What was chosen. The catalogue may have lost or disabled it since.
    pub model: String,
    /// When.
    pub chosen_at: SystemTime,
}

/// One change of a user's choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switch {
    /// Grows with every switch of any user.
    pub sequence: i64,
    /// The choice before; `None` where there was none.
    pub from: Option<String>,
    /// The choice after; `None` after a reset.
    pub to: Option<String>,
    /// When; never before the switch with the next smaller `sequence`.
    pub switched_at: SystemTime,
}

/// Who chooses: 1 to 256 bytes of UTF-8 without control characters. Compared byte by byte.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserId(String);

impl UserId {
    /// Reads an id.
    ///
    /// # Errors
    /// Says what of the form is hurt, without repeating the text.
    pub fn new(text: impl Into<String>) -> Result<Self, String> {
        Ok(Self(text.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What can go wrong with the database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PreferencesError {
    /// It could not be opened.
    #[error("could not open the database `{place}`")]
    Open {
        /// The file, or `:memory:`.
        place: String,
    },
}
