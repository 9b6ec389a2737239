//! What the environment and `app/.env` say. The only file that reads the environment.
//!
//! The process environment wins over `app/.env`, and an empty variable counts as unset. Nothing is
//! written back to the environment: what `app/.env` says reaches the SDK as explicit values and the
//! children as their environment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use contract::buckets;

use crate::error::Hint as _;

/// The variables that say who the caller is. They are one unit: a key from the environment is never
/// completed by a secret from `app/.env`, and a profile chosen in the environment is not overruled by
/// a key in `app/.env`.
const CREDENTIAL_VARIABLES: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The process environment.
    Environment,
    /// `app/.env`.
    DotEnv,
}

impl Origin {
    /// As it is shown.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Origin::Environment => "environment",
            Origin::DotEnv => "app/.env",
        }
    }
}

/// What the environment and `app/.env` say.
pub(crate) struct Config {
    /// The folder that holds the workspace's `Cargo.toml`.
    pub(crate) workspace: PathBuf,
    environment: BTreeMap<String, String>,
    /// Variables that are set and empty: unset to us, but not to the SDK in a child.
    empty: Vec<String>,
    dot_env: BTreeMap<String, String>,
}

/// What the names of AWS's and the app's variables begin with.
const OURS: [&str; 13] = [
    "AWS_",
    "BEDROCK_",
    "CLOUDFRONT_",
    "DATABASE_",
    "LISTEN_ADDRESS",
    "LOCAL_STORAGE_",
    "LOG_FORMAT",
    "MAX_UPLOAD_",
    "MODEL_",
    "S3_",
    "SAGEMAKER_",
    "SHUTDOWN_GRACE_",
    "STORAGE_",
];

impl Config {
    /// Reads the environment and `app/.env`.
    ///
    /// # Errors
    /// Where `app/.env` is there and cannot be read or parsed.
    pub(crate) fn load() -> Result<Config> {
        let (empty, environment): (BTreeMap<_, _>, BTreeMap<_, _>) =
            process_environment().partition(|(_, value)| value.is_empty());
        let empty = empty.into_keys().collect();
        let workspace = workspace(&environment);
        let dot_env = read_dot_env(&workspace.join("app/.env"))?;
        Ok(Config { workspace, environment, empty, dot_env })
    }

    /// The value of a variable and where it stands; `None` where it is unset or empty.
    pub(crate) fn get_with_origin(&self, name: &str) -> Option<(&str, Origin)> {
        let environment = || Some((self.environment.get(name)?.as_str(), Origin::Environment));
        let dot_env = || Some((self.dot_env.get(name)?.as_str(), Origin::DotEnv));
        if CREDENTIAL_VARIABLES.contains(&name)
            && CREDENTIAL_VARIABLES.iter().any(|name| self.environment.contains_key(*name))
        {
            return environment();
        }
        environment().or_else(dot_env)
    }

    /// The value of a variable; `None` where it is unset or empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        Some(self.get_with_origin(name)?.0)
    }

    /// The value of a variable, which may be empty: whoever sets it to nothing has given it.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        let is_empty = || self.empty.iter().any(|empty| empty == name);
        self.get(name).or_else(|| is_empty().then_some(""))
    }

    /// The values in force that nobody may read.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"].into_iter().filter_map(|name| self.get(name))
    }

    /// Whether a variable is set to something that means yes.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| !matches!(value, "0" | "false" | "no"))
    }

    /// The app's buckets: each variable that names one, and the name.
    pub(crate) fn buckets(&self) -> Vec<ConfiguredBucket> {
        buckets::ALL
            .iter()
            .filter_map(|bucket| {
                Some(ConfiguredBucket {
                    purpose: bucket.purpose,
                    variable: bucket.variable,
                    name: self.get(bucket.variable)?.to_owned(),
                })
            })
            .collect()
    }

    /// Every AWS and app variable that is in force and stands in `app/.env` only: what a child has to
    /// be given beside the environment that it inherits.
    pub(crate) fn for_children(&self) -> impl Iterator<Item = (&str, &str)> {
        self.dot_env.keys().filter_map(|name| match self.get_with_origin(name) {
            Some((value, Origin::DotEnv)) => Some((name.as_str(), value)),
            _ => None,
        })
    }

    /// The names of AWS's and the app's variables that a child would inherit.
    pub(crate) fn inherited(&self) -> impl Iterator<Item = &str> {
        self.environment.keys().map(String::as_str).filter(|name| is_ours(name))
    }

    /// Those that a child would inherit as empty.
    pub(crate) fn inherited_empty(&self) -> impl Iterator<Item = &str> {
        self.empty.iter().map(String::as_str).filter(|name| is_ours(name))
    }

    /// The names of the variables that `cargo run` has set about this package. In a cargo that we
    /// start they would pass for the user's own: some build scripts (`ring`'s, with most of the AWS
    /// SDK on top of it) watch them, and would run again each time that `cargo xtask test` follows a
    /// plain `cargo test`.
    pub(crate) fn of_this_package(&self) -> impl Iterator<Item = &str> {
        const ALONE: [&str; 6] = [
            "CARGO_BIN_NAME",
            "CARGO_CRATE_NAME",
            "CARGO_MANIFEST_DIR",
            "CARGO_MANIFEST_PATH",
            "CARGO_PRIMARY_PACKAGE",
            "OUT_DIR",
        ];
        let names = self.environment.keys().chain(&self.empty).map(String::as_str);
        names.filter(|name| name.starts_with("CARGO_PKG_") || ALONE.contains(name))
    }

    /// The file `app/.env`.
    pub(crate) fn dot_env_path(&self) -> PathBuf {
        self.workspace.join("app/.env")
    }
}

/// A bucket that a variable names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConfiguredBucket {
    /// What the app keeps there.
    pub(crate) purpose: &'static str,
    /// The variable that names it.
    pub(crate) variable: &'static str,
    /// Its name.
    pub(crate) name: String,
}

#[expect(clippy::disallowed_methods, reason = "this is the one file that reads the environment")]
fn process_environment() -> impl Iterator<Item = (String, String)> {
    // A variable that is not UTF-8 is none of ours.
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

fn is_ours(name: &str) -> bool {
    OURS.iter().any(|begin| name.starts_with(begin))
}

fn workspace(environment: &BTreeMap<String, String>) -> PathBuf {
    // Cargo sets it for `cargo xtask`; a binary that is started by hand knows where it was built.
    let manifest =
        environment.get("CARGO_MANIFEST_DIR").map_or(env!("CARGO_MANIFEST_DIR"), String::as_str);
    let manifest = Path::new(manifest);
    manifest.parent().unwrap_or(manifest).to_owned()
}

fn read_dot_env(path: &Path) -> Result<BTreeMap<String, String>> {
    if !path.try_exists().with_context(|| format!("looking for `{}`", path.display()))? {
        return Ok(BTreeMap::new());
    }
    let text =
        std::fs::read_to_string(path).with_context(|| format!("reading `{}`", path.display()))?;
    parse_dot_env(&text).with_context(|| format!("reading `{}`", path.display()))
}

/// The variables of a file such as `app/.env` that have a value.
///
/// # Errors
/// Names the line that is broken, by its number: any part of it may be a secret.
pub(crate) fn parse_dot_env(text: &str) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for variable in dotenvy::from_read_iter(text.as_bytes()) {
        match variable {
            Ok((_, value)) if value.is_empty() => {}
            Ok((name, value)) => {
                found.insert(name, value);
            }
            Err(dotenvy::Error::LineParse(excerpt, _)) => {
                let first = excerpt.lines().next().unwrap_or_default().trim();
                let line = text.lines().position(|line| line.trim() == first);
                let line = line.map_or("a line".to_owned(), |index| format!("line {}", index + 1));
                return Err(anyhow!("{line} is not `NAME=value`")).hint(
                    "put the value into single quotes if it holds spaces, quotes, `$` or `#`",
                );
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}

#[cfg(test)]
impl Config {
    /// A configuration by hand.
    pub(crate) fn of(environment: &[(&str, &str)], dot_env: &[(&str, &str)]) -> Config {
        let map = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        Config {
            workspace: PathBuf::from("/workspace"),
            environment: map(environment),
            empty: Vec::new(),
            dot_env: map(dot_env),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_wins() {
        let config = Config::of(&[("AWS_REGION", "a")], &[("AWS_REGION", "b"), ("X", "c")]);
        assert_eq!(config.get_with_origin("AWS_REGION"), Some(("a", Origin::Environment)));
        assert_eq!(config.get_with_origin("X"), Some(("c", Origin::DotEnv)));
        assert_eq!(config.for_children().collect::<Vec<_>>(), [("X", "c")]);
    }

    #[test]
    fn every_variable_of_the_app_is_ours_to_take_away() {
        let example = include_str!("../../app/.env.example");
        let lines = example.lines().map(|line| line.trim_start_matches('#'));
        let names = lines.filter_map(|line| line.split_once('=')).map(|(name, _)| name);
        let upper = |name: &&str| {
            name.bytes().all(|b| b == b'_' || b.is_ascii_uppercase() || b.is_ascii_digit())
        };
        let names: Vec<_> = names.filter(upper).collect();
        assert!(names.len() > 20, "{names:?}");
        for name in names {
            assert!(is_ours(name), "{name}");
        }
        for name in [
            contract::target::BEDROCK_MODEL_VARIABLE,
            contract::target::SAGEMAKER_ENDPOINT_VARIABLE,
        ] {
            assert!(is_ours(name), "{name}");
        }
        for name in ["PATH", "HOME", "CARGO_HOME", "RUST_LOG", "LISTEN_FDS"] {
            assert!(!is_ours(name), "{name}");
        }
    }

    #[test]
    fn credentials_are_never_mixed() {
        let file = [("AWS_ACCESS_KEY_ID", "k"), ("AWS_SECRET_ACCESS_KEY", "s")];
        let config = Config::of(&[("AWS_PROFILE", "work")], &file);
        assert_eq!(config.get("AWS_ACCESS_KEY_ID"), None);
        assert_eq!(config.for_children().count(), 0);
        let config = Config::of(&[("AWS_ACCESS_KEY_ID", "mine")], &file);
        assert_eq!(config.get("AWS_SECRET_ACCESS_KEY"), None);
        let config = Config::of(&[], &file);
        assert_eq!(config.get_with_origin("AWS_ACCESS_KEY_ID"), Some(("k", Origin::DotEnv)));
    }

    #[test]
    fn what_cargo_run_says_of_us_is_told_from_the_users_own() {
        let ours = [("CARGO_MANIFEST_DIR", "a"), ("CARGO_PKG_NAME", "b"), ("OUT_DIR", "c")];
        let theirs = [("CARGO_HOME", "d"), ("CARGO_TARGET_DIR", "e"), ("CARGO_TERM_COLOR", "f")];
        let config = Config::of(&[ours, theirs].concat(), &[]);
        let names: Vec<_> = config.of_this_package().collect();
        assert_eq!(names, ["CARGO_MANIFEST_DIR", "CARGO_PKG_NAME", "OUT_DIR"]);
    }

    #[test]
    fn a_broken_line_is_numbered_and_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        // A value without its name is no less a secret.
        for broken in ["AWS_SECRET_ACCESS_KEY='oops", "oops/and more", "oops+padding= ="] {
            std::fs::write(&path, format!("A=1\n\n{broken}\nB=\n")).unwrap();
            let message = format!("{:#}", read_dot_env(&path).unwrap_err());
            assert!(message.contains("line 3") && !message.contains("oops"), "{message}");
        }
    }
}
