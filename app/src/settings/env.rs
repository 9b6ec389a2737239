//! Reads the environment and `app/.env`: the one file that does.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::variables::{VARIABLES, find};
use super::{SettingProblem, Settings, SettingsError};

/// Credentials come from one place as a whole: half a key pair of another account would be worse than none.
const CREDENTIALS: [&str; 4] =
    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"];

impl Settings {
    /// Reads settings from the environment of this process and, below it, from `app/.env`.
    ///
    /// The file is looked for from the working folder upwards; there need not be one.
    /// Empty variables count as unset.
    /// Where the environment has any of `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` and `AWS_PROFILE`,
    /// the file's are all left out.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place of the app that reads the environment"
    )]
    pub fn load() -> Result<Self, SettingsError> {
        let environment = std::env::vars_os();
        let folder = std::env::current_dir().unwrap_or_default();
        Self::load_from(environment, env_file(&folder).as_deref())
    }

    /// Reads settings from `environment` and, below it, from the file `env_file`.
    fn load_from(
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        env_file: Option<&Path>,
    ) -> Result<Self, SettingsError> {
        let environment = known(environment)?;
        let file = env_file.map(read_file).transpose()?.unwrap_or_default();
        let has_credentials = CREDENTIALS.iter().any(|name| environment.contains_key(*name));
        let mut vars = file;
        if has_credentials {
            vars.retain(|name, _| !CREDENTIALS.contains(&name.as_str()));
        }
        vars.extend(environment);
        Self::from_vars(vars)
    }
}

/// The nearest `app/.env` from `folder` upwards.
fn env_file(folder: &Path) -> Option<PathBuf> {
    let candidates = folder.ancestors().map(|folder| folder.join("app/.env"));
    candidates.into_iter().find(|file| file.is_file())
}

/// The variables that the app knows and that are not empty.
fn known(
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<HashMap<String, String>, SettingsError> {
    let mut known = HashMap::new();
    let mut problems = Vec::new();
    for (name, value) in environment {
        let Some(variable) = VARIABLES.iter().find(|v| name == *v.name) else {
            continue;
        };
        match value.into_string() {
            Ok(value) if value.is_empty() => {}
            Ok(value) => {
                known.insert(variable.name.to_owned(), value);
            }
            Err(_) => {
                problems.push(SettingProblem::of(find(variable.name), "not valid UTF-8".to_owned()))
            }
        }
    }
    if problems.is_empty() { Ok(known) } else { Err(SettingsError::Invalid { problems }) }
}

fn read_file(path: &Path) -> Result<HashMap<String, String>, SettingsError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| SettingsError::EnvFile { path: path.to_owned(), source })?;
    parse(&text).map_err(|problem| match problem {
        ParseProblem::Lines(lines) => SettingsError::EnvFileSyntax { path: path.to_owned(), lines },
        ParseProblem::Io(source) => SettingsError::EnvFile { path: path.to_owned(), source },
    })
}

#[derive(Debug)]
enum ParseProblem {
    Lines(Vec<usize>),
    Io(io::Error),
}

fn parse(text: &str) -> Result<HashMap<String, String>, ParseProblem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut vars = HashMap::new();
    let mut bad_lines = BTreeMap::new();
    for item in dotenvy::from_read_iter(text.as_bytes()) {
        match item {
            Ok((name, value)) => {
                vars.insert(name, value);
            }
            Err(dotenvy::Error::LineParse(line, _)) => {
                let from = bad_lines.keys().next_back().copied().unwrap_or(0);
                bad_lines.insert(line_number(text, &line, from), ());
            }
            Err(dotenvy::Error::Io(error)) => return Err(ParseProblem::Io(error)),
            Err(error) => return Err(ParseProblem::Io(io::Error::other(error.to_string()))),
        }
    }
    vars.retain(|_, value: &mut String| !value.is_empty());
    if bad_lines.is_empty() {
        Ok(vars)
    } else {
        Err(ParseProblem::Lines(bad_lines.into_keys().collect()))
    }
}

/// The number of the first line behind line `from` that `excerpt` starts with; the parser tells the text only.
fn line_number(text: &str, excerpt: &str, from: usize) -> usize {
    let first = excerpt.lines().next().unwrap_or_default().trim();
    let lines = text.lines().enumerate().skip(from);
    let mut matching = lines.filter(|(_, line)| line.trim() == first);
    matching.next().map_or(from + 1, |(index, _)| index + 1)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::settings::BackendSettings;

    fn os(vars: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
        vars.iter().map(|(n, v)| (n.into(), v.into())).collect()
    }

    fn load(environment: &[(&str, &str)], file: &str) -> Result<Settings, SettingsError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        fs::write(&path, file).unwrap();
        Settings::load_from(os(environment), Some(&path))
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let settings = load(
            &[("S3_KEY_PREFIX", "environment"), ("LOCAL_STORAGE_ROOT", "")],
            "S3_KEY_PREFIX=file\nLOCAL_STORAGE_ROOT=files\nS3_ADDRESSING_STYLE=\n",
        )
        .unwrap();
        assert_eq!(settings.key_prefix.as_str(), "environment/");
        let BackendSettings::Local(local) = settings.backend else {
            panic!("no backend was asked for: local files");
        };
        assert_eq!(local.root, Path::new("files"));
    }

    #[test]
    fn credentials_of_two_places_are_not_mixed() {
        let file = "AWS_ACCESS_KEY_ID=file\nAWS_SECRET_ACCESS_KEY=file\nAWS_SESSION_TOKEN=file\n";
        let keys = &[("AWS_ACCESS_KEY_ID", "env"), ("AWS_SECRET_ACCESS_KEY", "env")];
        let credentials = load(keys, file).unwrap().aws.credentials.unwrap();
        assert_eq!(credentials.access_key_id.expose(), "env");
        assert!(credentials.session_token.is_none());

        let aws = load(&[("AWS_PROFILE", "mine")], file).unwrap().aws;
        assert_eq!(aws.profile.as_deref(), Some("mine"));
        assert!(aws.credentials.is_none());

        let credentials = load(&[], file).unwrap().aws.credentials.unwrap();
        assert_eq!(credentials.access_key_id.expose(), "file");
    }

    #[test]
    fn a_malformed_file_names_its_lines_but_not_their_text() {
        let file = "# fine\nS3_KEY_PREFIX=a\nhunter2 hunter2\n\nAWS_REGION=us-west-2\n=hunter2\n";
        let error = load(&[], file).unwrap_err();
        let SettingsError::EnvFileSyntax { lines, .. } = &error else {
            panic!("{error}");
        };
        assert_eq!(lines, &[3, 6]);
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("line 3, 6") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn an_open_quote_names_the_line_where_it_opens() {
        let error = load(&[], "A=1\nB='open\nC=3\n").unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
    }

    #[test]
    fn quotes_comments_and_a_byte_order_mark_are_understood() {
        let vars = parse("\u{feff}export A=1 # one\nB=\"two words\"\nC='#3'\nA=4\nD=\n").unwrap();
        let expected = [("A", "4"), ("B", "two words"), ("C", "#3")];
        assert_eq!(vars, expected.map(|(n, v)| (n.to_owned(), v.to_owned())).into());
    }

    #[test]
    fn the_nearest_file_upwards_counts() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("app/src");
        fs::create_dir_all(&deep).unwrap();
        assert_eq!(env_file(&deep), None);
        let file = root.path().join("app/.env");
        fs::write(&file, "").unwrap();
        assert_eq!(env_file(&deep), Some(file.clone()));
        assert_eq!(env_file(root.path()), Some(file));
    }

    #[test]
    fn an_unreadable_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let error = Settings::load_from(os(&[]), Some(folder.path())).unwrap_err();
        assert!(matches!(error, SettingsError::EnvFile { .. }), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_not_utf_8_is_named() {
        use std::os::unix::ffi::OsStringExt;
        let vars = [("S3_KEY_PREFIX".into(), OsString::from_vec(vec![0xff]))];
        let error = Settings::load_from(vars, None).unwrap_err();
        assert!(error.to_string().contains("`S3_KEY_PREFIX`: not valid UTF-8"), "{error}");
    }
}
