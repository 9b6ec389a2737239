//! Which buckets may be cleaned, and by what right.

use anyhow::{Result, anyhow};

use crate::aws::{Aws, AwsError};
use crate::bucket::{self, Presence};
use crate::cli;
use crate::config::{Config, ConfiguredBucket};
use crate::error::Hint as _;
use crate::shell;

/// A bucket of the app's that this command looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chosen {
    /// Its name.
    pub(super) name: String,
    /// The variables that name it.
    pub(super) variables: Vec<&'static str>,
    /// Whether `--bucket` names it.
    pub(super) named: bool,
}

/// What we may do with a bucket.
#[derive(Debug)]
pub(super) enum Standing {
    /// Ours: `setup` tagged it.
    Managed,
    /// Not tagged, but `--bucket` names it.
    Named,
    /// It may be looked at, and no more. Why.
    Untagged(String),
    /// There is no such bucket.
    Missing,
    /// It cannot even be looked at. Why, and what to do about it.
    Broken { what: &'static str, why: String, cure: Option<String> },
}

/// The configured buckets, each once, or those of them that `--bucket` names.
///
/// # Errors
/// Where no bucket is configured, or a name is not that of a configured one: a name on the command
/// line must never be enough to have a bucket emptied.
pub(super) fn chosen(config: &Config, args: &cli::Cleanup) -> Result<Vec<Chosen>> {
    let names = &args.bucket;
    let configured = distinct(config.buckets());
    if configured.is_empty() {
        return Err(anyhow!("no bucket is configured: none of the `S3_BUCKET_*` variables is set"))
            .hint(args.connection.again(config).command("setup", &["--write-env"]));
    }
    for name in names {
        if !configured.iter().any(|bucket| bucket.name == *name) {
            let known: Vec<String> = configured.iter().map(Chosen::shown).collect();
            return Err(anyhow!("`{name}` is not one of the app's buckets: {}", known.join(", ")))
                .hint(format_args!(
                    "export {}={}",
                    configured[0].variables[0],
                    shell::quoted(name)
                ));
        }
    }
    Ok(configured
        .into_iter()
        .map(|bucket| Chosen { named: names.contains(&bucket.name), ..bucket })
        .filter(|bucket| bucket.named || names.is_empty())
        .collect())
}

fn distinct(configured: Vec<ConfiguredBucket>) -> Vec<Chosen> {
    let mut distinct: Vec<Chosen> = Vec::new();
    for bucket in configured {
        match distinct.iter_mut().find(|known| known.name == bucket.name) {
            Some(known) => known.variables.push(bucket.variable),
            None => distinct.push(Chosen {
                name: bucket.name,
                variables: vec![bucket.variable],
                named: false,
            }),
        }
    }
    distinct
}

impl Chosen {
    /// The name, and the variables that give it.
    pub(super) fn shown(&self) -> String {
        format!("`{}` ({})", self.name, self.variables.join(", "))
    }
}

impl Standing {
    /// Asks the server.
    pub(super) async fn of(aws: &Aws, chosen: &Chosen) -> Standing {
        match bucket::presence(aws, &chosen.name).await {
            Ok(Presence::Present) => Self::by_tags(aws, chosen).await,
            Ok(Presence::Missing) => Standing::Missing,
            Ok(Presence::Foreign) => Standing::Broken {
                what: "foreign",
                why: "it belongs to another account, or we may not see it".to_owned(),
                cure: Some(format!(
                    "set {} to a bucket of this account, or allow `s3:ListBucket` on `{}`",
                    chosen.variables.join(", "),
                    chosen.name
                )),
            },
            Ok(Presence::ElsewhereIn(region)) => Standing::Broken {
                what: "elsewhere",
                why: match &region {
                    Some(region) => {
                        format!("it is in region `{region}`, requests go to `{}`", aws.region)
                    }
                    None => format!("it is not in region `{}`", aws.region),
                },
                cure: Some(match region {
                    Some(region) => format!("export AWS_REGION={region}"),
                    None => "set `AWS_REGION` to the bucket's own region".to_owned(),
                }),
            },
            Err(error) => Standing::failed(&error),
        }
    }

    /// A call failed that had to succeed.
    pub(super) fn failed(error: &AwsError) -> Standing {
        Standing::Broken { what: "failed", why: error.to_string(), cure: error.cure() }
    }

    async fn by_tags(aws: &Aws, chosen: &Chosen) -> Standing {
        // Whoever typed the name has answered the question that the tag would answer.
        if chosen.named {
            return Standing::Named;
        }
        match bucket::tags(aws, &chosen.name).await {
            Ok(tags) if tags.are_ours() => Standing::Managed,
            Ok(bucket::Tags::Known(_)) => {
                Standing::Untagged("it was not tagged by `cargo xtask setup`".to_owned())
            }
            Ok(bucket::Tags::NotSupported) => {
                Standing::Untagged("this server has no bucket tags".to_owned())
            }
            Err(error) => Standing::Untagged(format!("its tags cannot be read: {error}")),
        }
    }

    /// Whether its prefixes may be emptied.
    pub(super) fn may_be_emptied(&self) -> bool {
        matches!(self, Standing::Managed | Standing::Named)
    }

    /// For machines.
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Standing::Managed => "managed",
            Standing::Named => "named",
            Standing::Untagged(_) => "untagged",
            Standing::Missing => "missing",
            Standing::Broken { what, .. } => what,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error;

    fn config() -> Config {
        Config::of(
            &[
                ("S3_BUCKET_CREATIVES", "shared"),
                ("S3_BUCKET_EXPORTS", "exports"),
                ("S3_BUCKET_UPLOADS", "shared"),
            ],
            &[],
        )
    }

    fn named(name: &str) -> cli::Cleanup {
        cli::Cleanup { bucket: vec![name.to_owned()], ..cli::Cleanup::default() }
    }

    #[test]
    fn each_bucket_is_cleaned_once() {
        let chosen = chosen(&config(), &cli::Cleanup::default()).unwrap();
        let shown: Vec<String> = chosen.iter().map(Chosen::shown).collect();
        assert_eq!(
            shown,
            ["`shared` (S3_BUCKET_CREATIVES, S3_BUCKET_UPLOADS)", "`exports` (S3_BUCKET_EXPORTS)"]
        );
        assert!(chosen.iter().all(|bucket| !bucket.named));
    }

    #[test]
    fn a_name_narrows_the_choice_and_never_widens_it() {
        let exports = chosen(&config(), &named("exports")).unwrap();
        assert_eq!((exports.len(), exports[0].named), (1, true));
        for name in ["other", "", "shared/", "arn:aws:s3:::shared"] {
            let error = chosen(&config(), &named(name)).unwrap_err();
            assert_eq!(
                error::hints(&error),
                [format!("export S3_BUCKET_CREATIVES={}", shell::quoted(name))]
            );
        }
    }
}
