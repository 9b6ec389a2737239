//! The schema of the database, as a row of migrations that are never changed afterwards.

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{Connection, SqlSafeStr, SqliteConnection};

use super::error::Fault;

/// One step of the schema.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// Number and name, as in the name of the file.
    pub(super) version: i64,
    pub(super) name: &'static str,
    pub(super) sql: &'static str,
}

/// Every step up to the schema that this version of the app works with.
pub(super) const STEPS: &[Step] = &[Step {
    version: 1,
    name: "choices and switches",
    sql: include_str!("../../migrations/0001_choices_and_switches.sql"),
}];

/// The table in which `sqlx` keeps what was applied, with checksums.
const LEDGER: &str = "_sqlx_migrations";

/// Whether the database holds tables, but none of this app.
///
/// Asked before anything is written, so that another program's file is left as it is.
pub(super) async fn is_foreign(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    let (ours, all): (i64, i64) = sqlx::query_as(
        "SELECT count(*) FILTER (WHERE name = ?1), count(*) FROM sqlite_schema WHERE type = 'table'",
    )
    .bind(LEDGER)
    .fetch_one(connection)
    .await?;
    Ok(all > 0 && ours == 0)
}

/// Applies the steps that are missing: all of them, or none.
///
/// The lock of `sqlx` does nothing on SQLite; without our transaction around everything,
/// two processes that find the same empty file would both apply the first step.
pub(super) async fn bring_up(
    connection: &mut SqliteConnection,
    steps: &[Step],
) -> Result<(), MigrateError> {
    let migrator = Migrator::with_migrations(steps.iter().map(Step::migration).collect());
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    migrator.run(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(())
}

/// What is in the way of the schema.
pub(super) fn fault(error: &MigrateError, steps: &[Step]) -> Fault {
    let known = steps.iter().map(|step| step.version).max().unwrap_or_default();
    match error {
        MigrateError::VersionMissing(version) if *version > known => {
            Fault::NewerSchema { version: *version, known }
        }
        MigrateError::VersionMissing(_) => Fault::Foreign,
        MigrateError::VersionMismatch(version) => Fault::ChangedSchema { version: *version },
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => Fault::of(error),
        _ => Fault::Other,
    }
}

impl Step {
    fn migration(&self) -> Migration {
        let sql = self.sql.into_sql_str();
        Migration::new(self.version, self.name.into(), MigrationType::Simple, sql, false)
    }
}
