//! Which model each user has chosen, and when, in SQLite.
//!
//! Every switch is kept for good: some hundred bytes each, so that a million of them are about 100 MB.
//! Whoever wants them to end deletes rows of `switches` that no row of `choices` names; the numbers are not given again.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sqlx::{Sqlite, Transaction};

use crate::models::ModelId;
use crate::settings::DatabaseLocation;

mod database;
mod error;
mod schema;
mod user;

pub use error::{Fault, PreferencesError};
pub use user::UserId;

use database::{BUSY_TIMEOUT, Database};

/// Which model each user has chosen.
///
/// Cheap to clone; clones share the connections.
/// What was acknowledged survives a crash of the process, and one of the machine if its disk keeps what it has synced.
/// A future that is dropped has either done all of its work, or nothing.
///
/// # Errors
/// Whatever is asked of it may fail with [`PreferencesError::Query`]; then nothing was changed.
#[derive(Clone, Debug)]
pub struct Preferences {
    database: Database,
}

impl Preferences {
    /// Opens the database, makes it and its folder if they are missing, and brings its schema up to date.
    ///
    /// # Errors
    /// Where it cannot be opened, is no database of this app, or comes from a newer version of it.
    /// Damage inside of the file shows when it is read.
    pub async fn open(location: &DatabaseLocation) -> Result<Self, PreferencesError> {
        let database = Database::open(location, schema::STEPS, BUSY_TIMEOUT).await?;
        Ok(Self { database })
    }

    /// What the user has chosen; `None` where nothing, or after [`Preferences::reset`].
    pub async fn current(&self, user: &UserId) -> Result<Option<Choice>, PreferencesError> {
        let row: Option<(String, i64)> = sqlx::query_as(
            "SELECT to_model, switched_at FROM choices JOIN switches USING (sequence) \
             WHERE choices.user_id = ?1",
        )
        .bind(user.as_str())
        .fetch_optional(self.database.readers())
        .await
        .map_err(|error| self.database.failed("read the choice", error))?;
        Ok(row.map(|(model, at)| Choice { model, chosen_at: from_micros(at) }))
    }

    /// Chooses a model and records the switch, in one transaction.
    ///
    /// Choosing the same model again is recorded too.
    pub async fn choose(&self, user: &UserId, model: &ModelId) -> Result<Switch, PreferencesError> {
        self.choose_by(user, model, SystemTime::now).await
    }

    async fn choose_by(
        &self,
        user: &UserId,
        model: &ModelId,
        clock: fn() -> SystemTime,
    ) -> Result<Switch, PreferencesError> {
        let chosen = async {
            let mut transaction = self.database.write().await?;
            let switch = record(&mut transaction, user, Some(model), clock).await?;
            sqlx::query(
                "INSERT INTO choices (user_id, sequence) VALUES (?1, ?2) \
                 ON CONFLICT (user_id) DO UPDATE SET sequence = excluded.sequence",
            )
            .bind(user.as_str())
            .bind(switch.sequence)
            .execute(&mut *transaction)
            .await?;
            transaction.commit().await?;
            Ok(switch)
        };
        chosen.await.map_err(|error| self.database.failed("record the choice", error))
    }

    /// Goes back to the default and records the switch; `None`, with nothing recorded, where there was no choice.
    pub async fn reset(&self, user: &UserId) -> Result<Option<Switch>, PreferencesError> {
        let reset = async {
            let mut transaction = self.database.write().await?;
            let chosen: Option<i64> =
                sqlx::query_scalar("SELECT sequence FROM choices WHERE user_id = ?1")
                    .bind(user.as_str())
                    .fetch_optional(&mut *transaction)
                    .await?;
            if chosen.is_none() {
                transaction.rollback().await?;
                return Ok(None);
            }
            let switch = record(&mut transaction, user, None, SystemTime::now).await?;
            sqlx::query("DELETE FROM choices WHERE user_id = ?1")
                .bind(user.as_str())
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(Some(switch))
        };
        reset.await.map_err(|error| self.database.failed("reset the choice", error))
    }

    /// The user's switches, the latest first: at most `limit`, all with a [`Switch::sequence`] smaller than `before`.
    ///
    /// The next page begins before the last switch of this one.
    pub async fn history(
        &self,
        user: &UserId,
        limit: u32,
        before: Option<i64>,
    ) -> Result<Vec<Switch>, PreferencesError> {
        let rows: Vec<SwitchRow> = sqlx::query_as(
            "SELECT sequence, from_model, to_model, switched_at FROM switches \
             WHERE user_id = ?1 AND sequence < ?2 ORDER BY sequence DESC LIMIT ?3",
        )
        .bind(user.as_str())
        .bind(before.unwrap_or(i64::MAX))
        .bind(limit)
        .fetch_all(self.database.readers())
        .await
        .map_err(|error| self.database.failed("read the history", error))?;
        Ok(rows.into_iter().map(Switch::from_row).collect())
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), PreferencesError> {
        sqlx::query("SELECT 1 FROM choices LIMIT 1")
            .execute(self.database.readers())
            .await
            .map_err(|error| self.database.failed("read", error))?;
        Ok(())
    }

    /// Waits for what is being written and closes the connections.
    ///
    /// Everything that is asked for afterwards fails with [`Fault::Closed`].
    pub async fn close(&self) {
        self.database.close().await;
    }
}

/// A user's choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What was chosen. The catalogue may have lost or disabled it since.
    pub model: String,
    /// When, in whole microseconds.
    pub chosen_at: SystemTime,
}

/// One change of a user's choice.
///
/// Invariant: of two successive switches of a user, the later one's `from` is the earlier one's `to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switch {
    /// Grows with every switch of any user.
    pub sequence: i64,
    /// The choice before; `None` where there was none.
    pub from: Option<String>,
    /// The choice after; `None` after a reset.
    pub to: Option<String>,
    /// When, in whole microseconds; never before the switch with the next smaller `sequence`, whatever the clock does.
    pub switched_at: SystemTime,
}

/// `sequence`, `from_model`, `to_model` and `switched_at`.
type SwitchRow = (i64, Option<String>, Option<String>, i64);

impl Switch {
    fn from_row((sequence, from, to, switched_at): SwitchRow) -> Self {
        Self { sequence, from, to, switched_at: from_micros(switched_at) }
    }
}

/// Adds a switch from what the user has chosen so far.
async fn record(
    transaction: &mut Transaction<'static, Sqlite>,
    user: &UserId,
    to: Option<&ModelId>,
    clock: fn() -> SystemTime,
) -> sqlx::Result<Switch> {
    let row: SwitchRow = sqlx::query_as(
        "INSERT INTO switches (user_id, from_model, to_model, switched_at) VALUES ( \
           ?1, \
           (SELECT to_model FROM choices JOIN switches USING (sequence) WHERE choices.user_id = ?1), \
           ?2, \
           max(?3, coalesce((SELECT switched_at FROM switches ORDER BY sequence DESC LIMIT 1), 0)) \
         ) RETURNING sequence, from_model, to_model, switched_at",
    )
    .bind(user.as_str())
    .bind(to.map(ModelId::as_str))
    .bind(to_micros(clock()))
    .fetch_one(&mut **transaction)
    .await?;
    Ok(Switch::from_row(row))
}

/// Microseconds since the Unix epoch; 0 before it.
fn to_micros(time: SystemTime) -> i64 {
    let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX)
}

fn from_micros(micros: i64) -> SystemTime {
    // The schema takes no negative ones.
    UNIX_EPOCH + Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}

#[cfg(test)]
mod tests;
