//! What is found at the place of the database: nothing, an older schema, or something else.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::slice;

use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tempfile::TempDir;

use super::super::schema::{STEPS, Step};
use super::*;

const ADDED: Step =
    Step { version: 1_000, name: "notes", sql: "CREATE TABLE notes (text TEXT NOT NULL) STRICT;" };

async fn open(file: &Path) -> Result<Preferences, PreferencesError> {
    Preferences::open(&DatabaseLocation::File(file.to_owned())).await
}

async fn open_with(
    file: &Path,
    steps: &[Step],
    patience: Duration,
) -> Result<Preferences, PreferencesError> {
    let location = DatabaseLocation::File(file.to_owned());
    let database = Database::open(&location, steps, patience).await?;
    Ok(Preferences { database })
}

/// A connection that knows nothing of the app.
async fn bare(file: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(file).create_if_missing(true).connect().await.unwrap()
}

async fn run(connection: &mut SqliteConnection, sql: &'static str) {
    sqlx::raw_sql(sql).execute(connection).await.unwrap();
}

/// A file with some pages, closed.
async fn filled(folder: &TempDir) -> PathBuf {
    let file = folder.path().join("app.sqlite");
    let preferences = open(&file).await.unwrap();
    for index in 0..100 {
        let long = format!("{index}-{}", "u".repeat(200));
        preferences.choose(&user(&long), &model("nova")).await.unwrap();
    }
    preferences.close().await;
    file
}

fn check(error: &PreferencesError, fault: &Fault) {
    assert!(matches!(error, PreferencesError::Open { .. }), "{error:?}");
    assert_eq!(error.fault(), fault, "{error:?}");
    assert!(error.hint().is_some_and(|hint| !hint.is_empty()), "{error}");
    assert!(error.to_string().starts_with("could not open the database `"), "{error}");
}

#[tokio::test]
async fn a_file_and_its_folders_are_made_and_survive_a_restart() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("a b/ü/app.sqlite");
    let anna = user("anna");
    let preferences = open(&file).await.unwrap();
    let switch = preferences.choose(&anna, &model("nova")).await.unwrap();
    preferences.close().await;
    let names: Vec<_> = fs::read_dir(file.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["app.sqlite"]);

    let preferences = open(&file).await.unwrap();
    assert_eq!(all(&preferences, &anna).await, slice::from_ref(&switch));
    let next = preferences.choose(&anna, &model("llama")).await.unwrap();
    assert!(next.sequence > switch.sequence);
    assert_eq!(next.from, switch.to);
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_crash_of_the_process() {
    let (folder, crashed) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let file = folder.path().join("app.sqlite");
    let preferences = open(&file).await.unwrap();
    let anna = user("anna");
    let switch = preferences.choose(&anna, &model("nova")).await.unwrap();
    // The files as a process leaves them that could not close anything.
    for name in ["app.sqlite", "app.sqlite-wal"] {
        fs::copy(folder.path().join(name), crashed.path().join(name)).unwrap();
    }
    let after = open(&crashed.path().join("app.sqlite")).await.unwrap();
    assert_eq!(all(&after, &anna).await, [switch]);
}

#[tokio::test]
async fn every_commit_is_synced_in_wal_mode() {
    let folder = TempDir::new().unwrap();
    let preferences = open(&folder.path().join("app.sqlite")).await.unwrap();
    let mut transaction = preferences.database.write().await.unwrap();
    let mut pragma = async |sql: &'static str| -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut *transaction).await.unwrap()
    };
    assert_eq!(pragma("PRAGMA synchronous").await, 2);
    assert_eq!(pragma("PRAGMA foreign_keys").await, 1);
    let mode: String =
        sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *transaction).await.unwrap();
    assert_eq!(mode, "wal");
}

#[tokio::test]
async fn a_name_that_sqlite_would_interpret_is_a_name() {
    let path = database::make_folder(Path::new("file:x?mode=memory")).await.unwrap();
    assert!(path.is_absolute() && path.ends_with("file:x?mode=memory"), "{path:?}");
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file:x?mode=memory&a%20b");
    open(&file).await.unwrap().close().await;
    assert!(file.is_file());
    let error = open(Path::new("")).await.unwrap_err();
    assert!(matches!(error, PreferencesError::Open { .. }), "{error:?}");
}

#[tokio::test]
async fn what_is_no_database_is_left_as_it_is() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("notes.txt");
    for text in ["No".to_owned(), "No database.\n".repeat(1_000)] {
        fs::write(&file, &text).unwrap();
        let error = open(&file).await.unwrap_err();
        check(&error, &Fault::NotADatabase);
        assert!(error.source().is_some());
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }
}

#[tokio::test]
async fn an_empty_file_becomes_the_database() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("app.sqlite");
    fs::write(&file, "").unwrap();
    open(&file).await.unwrap().ping().await.unwrap();
}

#[tokio::test]
async fn a_directory_or_a_file_in_the_way_is_told_apart() {
    let folder = TempDir::new().unwrap();
    check(&open(folder.path()).await.unwrap_err(), &Fault::Directory);
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    check(&open(&file.join("app.sqlite")).await.unwrap_err(), &Fault::NoFolder);
    check(&open(&file.join("folder/app.sqlite")).await.unwrap_err(), &Fault::NoFolder);
}

#[tokio::test]
async fn another_programs_database_is_left_as_it_is() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("other.sqlite");
    run(&mut bare(&file).await, "CREATE TABLE choices (x); PRAGMA journal_mode = DELETE;").await;
    let before = fs::read(&file).unwrap();
    check(&open(&file).await.unwrap_err(), &Fault::Foreign);
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[tokio::test]
async fn damage_is_an_error_whenever_it_shows() {
    let folder = TempDir::new().unwrap();
    let file = filled(&folder).await;
    let whole = fs::read(&file).unwrap();

    let mut schema = whole.clone();
    schema[100..4_096].fill(0xa5);
    fs::write(&file, schema).unwrap();
    check(&open(&file).await.unwrap_err(), &Fault::Corrupted);

    let mut rows = whole.clone();
    rows[4_096 * 2..].fill(0xa5);
    fs::write(&file, rows).unwrap();
    match open(&file).await {
        Err(error) => check(&error, &Fault::Corrupted),
        Ok(preferences) => {
            let anna = user("anna");
            for error in [
                preferences.choose(&anna, &model("nova")).await.unwrap_err(),
                preferences.history(&anna, 9, None).await.unwrap_err(),
            ] {
                assert_eq!(error.fault(), &Fault::Corrupted, "{error:?}");
                assert!(error.hint().is_some());
            }
        }
    }
}

#[tokio::test]
async fn an_older_schema_is_brought_up_and_keeps_its_rows() {
    let folder = TempDir::new().unwrap();
    let file = filled(&folder).await;
    let steps = [STEPS, &[ADDED]].concat();
    let preferences = open_with(&file, &steps, BUSY_TIMEOUT).await.unwrap();
    let mut transaction = preferences.database.write().await.unwrap();
    run(&mut transaction, "INSERT INTO notes VALUES ('new')").await;
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM switches")
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
    assert_eq!(rows, 100);
}

#[tokio::test]
async fn a_schema_from_a_newer_version_is_refused() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("app.sqlite");
    let steps = [STEPS, &[ADDED]].concat();
    open_with(&file, &steps, BUSY_TIMEOUT).await.unwrap().close().await;
    let known = STEPS.last().unwrap().version;
    check(&open(&file).await.unwrap_err(), &Fault::NewerSchema { version: 1_000, known });
}

#[tokio::test]
async fn a_migration_that_was_changed_afterwards_is_noticed() {
    let folder = TempDir::new().unwrap();
    let file = filled(&folder).await;
    let changed = Step { sql: "CREATE TABLE switches (x);", ..STEPS[0] };
    let error = open_with(&file, &[changed], BUSY_TIMEOUT).await.unwrap_err();
    check(&error, &Fault::ChangedSchema { version: 1 });
}

#[tokio::test]
async fn a_migration_that_fails_changes_nothing() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("app.sqlite");
    let broken = Step { version: 1_001, name: "broken", sql: "CREATE TABLE more (x); NONSENSE;" };
    let steps = [STEPS, &[ADDED, broken]].concat();
    let error = open_with(&file, &steps, BUSY_TIMEOUT).await.unwrap_err();
    assert_eq!(error.fault(), &Fault::Other);
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema")
        .fetch_one(&mut bare(&file).await)
        .await
        .unwrap();
    assert_eq!(tables, 0);
    open(&file).await.unwrap();
}

#[tokio::test]
async fn a_lock_that_lasts_is_an_error_and_one_that_ends_is_not() {
    let folder = TempDir::new().unwrap();
    let file = filled(&folder).await;
    let patience = Duration::from_millis(200);
    let preferences = open_with(&file, STEPS, patience).await.unwrap();
    let mut other = bare(&file).await;
    run(&mut other, "BEGIN IMMEDIATE").await;
    let anna = user("anna");
    let error = preferences.choose(&anna, &model("nova")).await.unwrap_err();
    assert_eq!(error.fault(), &Fault::Locked, "{error:?}");
    assert!(error.hint().is_some());
    check(&open_with(&file, STEPS, patience).await.unwrap_err(), &Fault::Locked);

    let patient = open_with(&file, STEPS, BUSY_TIMEOUT);
    let release = async {
        tokio::time::sleep(patience).await;
        run(&mut other, "ROLLBACK").await;
    };
    let (patient, ()) = tokio::join!(patient, release);
    patient.unwrap().choose(&anna, &model("nova")).await.unwrap();
    assert_eq!(check_chain(&preferences, &anna).await, 1);
}

#[tokio::test]
async fn a_file_that_somebody_else_is_writing_for_the_first_time_is_waited_for() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("app.sqlite");
    // Not in WAL mode yet, and so not to be switched to it now.
    let mut other = bare(&file).await;
    run(&mut other, "BEGIN IMMEDIATE").await;
    let opened = open(&file);
    let release = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        run(&mut other, "ROLLBACK").await;
    };
    let (opened, ()) = tokio::join!(opened, release);
    opened.unwrap().ping().await.unwrap();
}

#[tokio::test]
async fn a_full_database_refuses_a_switch_as_a_whole() {
    let folder = TempDir::new().unwrap();
    let preferences = open(&filled(&folder).await).await.unwrap();
    let mut transaction = preferences.database.write().await.unwrap();
    // What SQLite answers is the same as on a full disk.
    run(&mut transaction, "PRAGMA max_page_count = 1").await;
    transaction.rollback().await.unwrap();
    let (anna, mut accepted) = (user("anna"), 0);
    let error = loop {
        match preferences.choose(&anna, &model("nova")).await {
            Ok(_) => accepted += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error.fault(), &Fault::DiskFull, "{error:?}");
    assert_eq!(check_chain(&preferences, &anna).await, accepted);
}

#[tokio::test]
async fn a_file_that_is_deleted_meanwhile_is_not_made_again() {
    let folder = TempDir::new().unwrap();
    let file = filled(&folder).await;
    let preferences = open(&file).await.unwrap();
    for entry in fs::read_dir(folder.path()).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    // Whatever the connections that are open can still do.
    let _ = preferences.current(&user("anna")).await;
    let _ = preferences.choose(&user("anna"), &model("nova")).await;
    preferences.close().await;
    assert!(!file.exists());
}
