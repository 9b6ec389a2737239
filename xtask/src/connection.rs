//! What chose account and region on the command line, in the commands that are given to paste: without
//! it they would work somewhere else.

use crate::cli::Connection;
use crate::config::{Config, Origin};
use crate::shell;

/// The variables of a key pair, which wins over a profile that another variable names.
const KEYS: [&str; 3] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

/// Commands to paste that work on the same account and in the same region.
#[derive(Debug, Clone, Default)]
pub(crate) struct Again {
    /// For commands that know the flags, each flag with a space before it.
    flags: String,
    profile_flag: String,
    /// For commands that read the variables only, each with a space behind it.
    variables: String,
    /// For commands that do not ask AWS, and know the region alone.
    region_variable: String,
}

impl Connection {
    /// The flags, each with a space before it.
    pub(crate) fn flags(&self) -> String {
        format!("{}{}", flag("--region", &self.region), flag("--profile", &self.profile))
    }

    /// For the commands that follow.
    pub(crate) fn again(&self, config: &Config) -> Again {
        let is_exported = |name: &&str| {
            config.get_with_origin(name).is_some_and(|(_, origin)| origin == Origin::Environment)
        };
        let unset = match self.profile {
            Some(_) => KEYS.into_iter().filter(is_exported).collect(),
            None => Vec::new(),
        };
        let mut variables = if unset.is_empty() { "" } else { "env " }.to_owned();
        variables.extend(unset.iter().map(|name| format!("-u {name} ")));
        let region_variable = assignment("AWS_REGION", self.region.as_deref(), config);
        variables.push_str(&region_variable);
        variables.push_str(&assignment("AWS_PROFILE", self.profile.as_deref(), config));
        let profile_flag = flag("--profile", &self.profile);
        Again { flags: self.flags(), profile_flag, variables, region_variable }
    }
}

impl Again {
    /// One of the commands that know `--region` and `--profile`.
    pub(crate) fn command(&self, name: &str, more: &[&str]) -> String {
        let more: String = more.iter().map(|word| format!(" {}", shell::quoted(word))).collect();
        format!("cargo xtask {name}{}{more}", self.flags)
    }

    /// `setup` in another region.
    pub(crate) fn setup_in(&self, region: &str) -> String {
        format!("cargo xtask setup --region {}{}", shell::quoted(region), self.profile_flag)
    }

    /// `test` on the same AWS.
    pub(crate) fn test(&self) -> String {
        format!("{}cargo xtask test --aws", self.variables)
    }

    /// The app itself.
    pub(crate) fn app(&self) -> String {
        format!("{}cargo run -p app", self.variables)
    }

    /// The policy for a purpose.
    pub(crate) fn policy(&self, purpose: impl std::fmt::Display) -> String {
        format!("{}cargo xtask policy --for {purpose}", self.region_variable)
    }
}

fn flag(name: &str, value: &Option<String>) -> String {
    value.as_ref().map(|value| format!(" {name} {}", shell::quoted(value))).unwrap_or_default()
}

/// Nothing where the variable has the value already.
fn assignment(name: &str, value: Option<&str>, config: &Config) -> String {
    match value.filter(|value| config.get(name) != Some(value)) {
        Some(value) => format!("{name}={} ", shell::quoted(value)),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(region: Option<&str>, profile: Option<&str>) -> Connection {
        let owned = |text: Option<&str>| text.map(ToOwned::to_owned);
        Connection { region: owned(region), profile: owned(profile) }
    }

    #[test]
    fn flags_are_repeated_and_quoted() {
        let bare = Config::of(&[], &[]);
        let again = connection(None, None).again(&bare);
        assert_eq!(again.command("setup", &["--adopt", "b"]), "cargo xtask setup --adopt b");
        let again = connection(Some("eu-central-1"), Some("my work")).again(&bare);
        let flags = "--region eu-central-1 --profile 'my work'";
        assert_eq!(again.command("cleanup", &[]), format!("cargo xtask cleanup {flags}"));
        let elsewhere = "cargo xtask setup --region us-east-1 --profile 'my work'";
        assert_eq!(again.setup_in("us-east-1"), elsewhere);
        assert_eq!(again.policy("app"), "AWS_REGION=eu-central-1 cargo xtask policy --for app");
    }

    #[test]
    fn variables_lead_to_the_same_account_as_the_flags() {
        let keys = [("AWS_ACCESS_KEY_ID", "k"), ("AWS_SECRET_ACCESS_KEY", "s")];
        let known = [keys[0], keys[1], ("AWS_PROFILE", "work"), ("AWS_REGION", "r")];
        let (both, region) = (connection(Some("r"), Some("work")), connection(Some("r"), None));
        let without = "env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY ";
        let chosen = "AWS_REGION=r AWS_PROFILE=work ";
        for (connection, environment, dot_env, variables) in [
            (&both, &[][..], &[][..], chosen.to_owned()),
            // A profile in the environment beats the keys in the file.
            (&both, &[], &keys, chosen.to_owned()),
            (&both, &keys, &[], format!("{without}{chosen}")),
            (&both, &known, &[], without.to_owned()),
            (&region, &keys, &[], "AWS_REGION=r ".to_owned()),
            (&connection(None, None), &keys, &[], String::new()),
        ] {
            let again = connection.again(&Config::of(environment, dot_env));
            assert_eq!(again.test(), format!("{variables}cargo xtask test --aws"));
            assert_eq!(again.app(), format!("{variables}cargo run -p app"));
        }
    }
}
