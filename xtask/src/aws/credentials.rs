//! Which credentials win, decided by the standard order, fast, and with a name.

use std::fmt;
use std::time::{Duration, SystemTime};

use anyhow::{Result, anyhow};
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_config::{Region, imds};
use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future::ProvideCredentials as ProvideCredentialsFuture;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};

use crate::cli::Connection;
use crate::config::{Config, Origin};
use crate::error::Hint as _;
use crate::shell;

/// Where was looked before it was said that nothing is configured.
pub(crate) const NOWHERE: &str = "no credentials in the environment, `app/.env`, the AWS profiles, \
     a web identity, a container or instance metadata";

/// What to do where nothing is configured.
pub(crate) const CURES: [&str; 4] = [
    "with a profile: export AWS_PROFILE=your-profile AWS_REGION=us-west-2",
    "with SSO: aws configure sso, then: aws sso login --profile your-profile",
    "with keys: put AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION into `app/.env`",
    "without an account: cargo xtask test runs on the embedded AWS, cargo xtask sandbox starts one to look at",
];

/// The profile that holds where none is named.
const DEFAULT_PROFILE: &str = "default";

/// Where the credentials came from. None of them is in it.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// As it is shown.
    shown: String,
    cure: String,
    /// When the credentials end; `None` where they do not, or nobody knows.
    pub(crate) expires: Option<SystemTime>,
    /// Sources that are configured too and lost, as they are shown.
    pub(crate) shadowed: Vec<String>,
}

/// The source that won, before it is asked.
pub(super) struct Chosen {
    choice: Choice,
    /// The profile whose region and endpoint hold.
    profile: String,
    shadowed: Vec<String>,
}

enum Choice {
    /// A key pair in variables.
    Keys { origin: Origin, id: String, secret: String, token: Option<String> },
    /// A profile that somebody named.
    Profile { name: String, named_by: &'static str },
    /// Nobody named anything: the default profile, a web identity, a container, instance metadata.
    Chain,
}

/// Chooses the source by the standard order: `--profile`, key variables, `AWS_PROFILE`, the rest.
///
/// # Errors
/// Where only half of a key pair is set.
pub(super) fn find(config: &Config, flags: &Connection) -> Result<Chosen> {
    let mut candidates = Vec::new();
    if let Some(name) = &flags.profile {
        candidates.push(Choice::Profile { name: name.clone(), named_by: "--profile" });
    }
    candidates.extend(keys(config)?);
    if let Some((name, origin)) = config.get_with_origin("AWS_PROFILE") {
        let named_by = match origin {
            Origin::Environment => "AWS_PROFILE",
            Origin::DotEnv => "AWS_PROFILE in app/.env",
        };
        candidates.push(Choice::Profile { name: name.to_owned(), named_by });
    }
    // Keys have no region. The app's own SDK takes it from the profile that is named, whoever gives the
    // keys.
    let named = candidates.iter().find_map(|candidate| match candidate {
        Choice::Profile { name, .. } => Some(name.clone()),
        Choice::Keys { .. } | Choice::Chain => None,
    });
    let profile = named.unwrap_or_else(|| DEFAULT_PROFILE.to_owned());
    let mut candidates = candidates.into_iter();
    let choice = candidates.next().unwrap_or(Choice::Chain);
    let shadowed = candidates.map(|choice| choice.to_string()).collect();
    Ok(Chosen { choice, profile, shadowed })
}

fn keys(config: &Config) -> Result<Option<Choice>> {
    let id = config.get_with_origin("AWS_ACCESS_KEY_ID");
    let secret = config.get("AWS_SECRET_ACCESS_KEY");
    match (id, secret) {
        (Some((id, origin)), Some(secret)) => Ok(Some(Choice::Keys {
            origin,
            id: id.to_owned(),
            secret: secret.to_owned(),
            token: config.get("AWS_SESSION_TOKEN").map(ToOwned::to_owned),
        })),
        (None, None) => Ok(None),
        (Some((_, origin)), None) => Err(anyhow!(
            "`AWS_ACCESS_KEY_ID` is set ({}), but `AWS_SECRET_ACCESS_KEY` is not",
            origin.as_str()
        ))
        .hint("set both in the same place, or unset the one"),
        (None, Some(_)) => {
            Err(anyhow!("`AWS_SECRET_ACCESS_KEY` is set, but `AWS_ACCESS_KEY_ID` is not"))
                .hint("set both in the same place, or unset the one")
        }
    }
}

impl Source {
    /// The key that fixtures use on the embedded AWS.
    pub(super) fn sandbox() -> Source {
        Source {
            shown: "the embedded AWS".to_owned(),
            cure: "start it again".to_owned(),
            expires: None,
            shadowed: Vec::new(),
        }
    }

    /// How to renew or mend these credentials.
    pub(crate) fn cure(&self) -> &str {
        &self.cure
    }
}

impl Chosen {
    /// The profile whose region and endpoint hold.
    pub(super) fn profile(&self) -> &str {
        &self.profile
    }

    /// Whether nobody configured this source, so that finding nothing there is no error.
    pub(super) fn is_a_guess(&self) -> bool {
        matches!(self.choice, Choice::Chain)
    }

    /// What gives the credentials.
    pub(super) fn provider(
        &self,
        config: ProviderConfig,
        region: Option<Region>,
    ) -> SharedCredentialsProvider {
        let config = &config.with_region(region);
        match &self.choice {
            Choice::Keys { id, secret, token, .. } => SharedCredentialsProvider::new(
                Credentials::new(id, secret, token.clone(), None, "variables"),
            ),
            Choice::Profile { name, .. } => SharedCredentialsProvider::new(
                ProfileFileCredentialsProvider::builder()
                    .profile_name(name)
                    .configure(config)
                    .build(),
            ),
            Choice::Chain => SharedCredentialsProvider::new(chain(config)),
        }
    }

    /// The source with what the credentials say about themselves.
    pub(super) fn resolved(self, credentials: &Credentials) -> Source {
        let features = credentials.get_property::<Vec<AwsCredentialFeature>>();
        let shown = match features.into_iter().flatten().find_map(describe) {
            Some(detail) => format!("{}, by {detail}", self.choice),
            None => self.choice.to_string(),
        };
        let (cure, expires) = (self.cure(), credentials.expiry());
        Source { shown, cure, expires, shadowed: self.shadowed }
    }

    /// How to mend these credentials, which could not be loaded for `detail`.
    pub(super) fn cure_of(&self, detail: &str) -> String {
        let is_sso = detail.contains("SSO") || detail.contains("sso");
        match &self.choice {
            Choice::Profile { name, .. } if is_sso => {
                format!("aws sso login --profile {}", shell::quoted(name))
            }
            Choice::Chain if is_sso => "aws sso login".to_owned(),
            _ => self.cure(),
        }
    }

    /// How to renew or mend these credentials.
    pub(super) fn cure(&self) -> String {
        match &self.choice {
            Choice::Keys { origin: Origin::Environment, .. } => {
                "export AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=... anew".to_owned()
            }
            Choice::Keys { origin: Origin::DotEnv, .. } => {
                "put new keys into `app/.env`".to_owned()
            }
            Choice::Profile { name, .. } => {
                let name = shell::quoted(name);
                format!(
                    "aws configure list --profile {name}; for an SSO profile: aws sso login --profile {name}"
                )
            }
            Choice::Chain => "aws configure list; for SSO: aws sso login".to_owned(),
        }
    }
}

/// The SDK's default chain behind the variables, but for instance metadata: nobody configured it, so
/// that failing to find a role there, in whatever way a network refuses it, means that there is none.
/// The SDK's own bounds, four attempts of a second each, would let everybody wait who is not on an
/// instance.
fn chain(config: &ProviderConfig) -> CredentialsProviderChain {
    let profile = ProfileFileCredentialsProvider::builder().profile_name(DEFAULT_PROFILE);
    let metadata = imds::Client::builder()
        .configure(config)
        .connect_timeout(Duration::from_millis(500))
        .read_timeout(Duration::from_secs(1))
        .max_attempts(1)
        .build();
    let metadata =
        ImdsCredentialsProvider::builder().configure(config).imds_client(metadata).build();
    CredentialsProviderChain::first_try("profile", profile.configure(config).build())
        .or_else(
            "web identity",
            WebIdentityTokenCredentialsProvider::builder().configure(config).build(),
        )
        .or_else("container", EcsCredentialsProvider::builder().configure(config).build())
        .or_else("instance metadata", Guess(metadata))
}

/// A provider that is asked on the off chance: its failure means that there are no credentials.
#[derive(Debug)]
struct Guess<P>(P);

impl<P: ProvideCredentials> ProvideCredentials for Guess<P> {
    fn provide_credentials<'a>(&'a self) -> ProvideCredentialsFuture<'a>
    where
        Self: 'a,
    {
        ProvideCredentialsFuture::new(async {
            self.0.provide_credentials().await.map_err(CredentialsError::not_loaded)
        })
    }
}

/// A name for where a provider found the credentials.
fn describe(feature: &AwsCredentialFeature) -> Option<&'static str> {
    Some(match feature {
        AwsCredentialFeature::CredentialsSso | AwsCredentialFeature::CredentialsProfileSso => "SSO",
        AwsCredentialFeature::CredentialsEnvVarsStsWebIdToken
        | AwsCredentialFeature::CredentialsStsAssumeRoleWebId
        | AwsCredentialFeature::CredentialsProfileStsWebIdToken => "web identity",
        AwsCredentialFeature::CredentialsStsAssumeRole => "assumed role",
        AwsCredentialFeature::CredentialsProcess
        | AwsCredentialFeature::CredentialsProfileProcess => "credential process",
        AwsCredentialFeature::CredentialsHttp => "container",
        AwsCredentialFeature::CredentialsImds => "instance metadata",
        AwsCredentialFeature::CredentialsProfile
        | AwsCredentialFeature::CredentialsProfileSourceProfile => "profile",
        _ => return None,
    })
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Choice::Keys { origin, .. } => {
                write!(f, "AWS_ACCESS_KEY_ID ({})", origin.as_str())
            }
            Choice::Profile { name, named_by } => write!(f, "profile `{name}` ({named_by})"),
            Choice::Chain => f.write_str("the default sources"),
        }
    }
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.choice.fmt(f)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIR: [(&str, &str); 2] =
        [("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "s3cr3t")];

    fn chosen(config: &Config, profile: Option<&str>) -> Chosen {
        let flags = Connection { region: None, profile: profile.map(ToOwned::to_owned) };
        find(config, &flags).unwrap()
    }

    #[test]
    fn keys_beat_a_profile_and_say_so() {
        let [id, secret] = PAIR;
        let source = chosen(&Config::of(&[id, secret, ("AWS_PROFILE", "work")], &[]), None);
        assert_eq!(source.to_string(), "AWS_ACCESS_KEY_ID (environment)");
        assert_eq!(source.shadowed, ["profile `work` (AWS_PROFILE)"]);
    }

    #[test]
    fn region_and_endpoint_are_those_of_the_named_profile_whoever_gives_the_keys() {
        let [id, secret] = PAIR;
        let work = ("AWS_PROFILE", "work");
        for (environment, flag, profile) in [
            (&[id, secret, work][..], None, "work"),
            (&[id, secret, work], Some("ci"), "ci"),
            (&[id, secret], None, "default"),
            (&[work], None, "work"),
            (&[], None, "default"),
        ] {
            assert_eq!(chosen(&Config::of(environment, &[]), flag).profile(), profile);
        }
    }

    #[test]
    fn the_flag_beats_everything() {
        let source = chosen(&Config::of(&PAIR, &[]), Some("ci"));
        assert_eq!(source.to_string(), "profile `ci` (--profile)");
        assert_eq!(source.shadowed, ["AWS_ACCESS_KEY_ID (environment)"]);
    }

    #[test]
    fn a_profile_in_the_environment_beats_keys_in_the_file() {
        let source = chosen(&Config::of(&[("AWS_PROFILE", "work")], &PAIR), None);
        assert_eq!(source.to_string(), "profile `work` (AWS_PROFILE)");
        assert!(source.shadowed.is_empty());
    }

    #[test]
    fn half_a_pair_is_an_error_without_the_secret() {
        for one in PAIR {
            let error = find(&Config::of(&[one], &PAIR), &Connection::default()).err().unwrap();
            assert!(!format!("{error:?}").contains("s3cr3t"));
        }
    }
}
