//! What the placeholders stand for by the configuration, without asking AWS.

use anyhow::{Result, anyhow};
use contract::buckets::{self, BucketVariable};

use super::{Catalogue, Places, partition};
use crate::accounts::is_account;
use crate::aws::{Aws, Identity};
use crate::config::Config;
use crate::error::Hint as _;
use crate::models::Models;

impl Places {
    /// Reads buckets, region, account, models and key prefix. What is not configured stays open: see
    /// [`Places::missing_buckets`]. The app's catalogue is not read: see [`Places::take`].
    ///
    /// The account is that of `AWS_ACCOUNT_ID`, or the one that is part of all buckets' names, as
    /// `cargo xtask setup` proposes them.
    ///
    /// # Errors
    /// Where `AWS_ACCOUNT_ID` is none.
    pub(crate) fn configured(config: &Config, models: &Models) -> Result<Places> {
        let region = ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().find_map(|name| config.get(name));
        let buckets = config.buckets().into_iter().map(|bucket| (bucket.purpose, bucket.name));
        let mut places = Places {
            partition: partition(region.unwrap_or_default()).to_owned(),
            region: region.map(ToOwned::to_owned),
            account: None,
            buckets: buckets.collect(),
            key_prefix: key_prefix(config),
            model: models.model().map(ToOwned::to_owned),
            endpoint: models.endpoint().map(ToOwned::to_owned),
            catalogue: Catalogue::default(),
        };
        places.account = match config.get("AWS_ACCOUNT_ID") {
            Some(account) if is_account(account) => Some(account.to_owned()),
            Some(_) => {
                return Err(anyhow!("`AWS_ACCOUNT_ID` is no account: expected 12 digits"))
                    .hint("AWS_ACCOUNT_ID=123456789012");
            }
            None => places.account_of_buckets(),
        };
        Ok(places)
    }

    /// Region, partition and account of who is asking, which are known better than by names.
    pub(crate) fn set_caller(&mut self, aws: &Aws) {
        self.partition = partition(&aws.region).to_owned();
        self.region = Some(aws.region.clone());
        if let Identity::Known { account, arn } = &aws.identity {
            self.account = Some(account.clone());
            self.partition = arn.split(':').nth(1).unwrap_or(&self.partition).to_owned();
        }
    }

    /// The models and endpoints of the app.
    pub(crate) fn take(&mut self, catalogue: Catalogue) {
        self.catalogue = catalogue;
    }

    /// The buckets that no variable names.
    pub(crate) fn missing_buckets(&self) -> Vec<BucketVariable> {
        let is_missing = |bucket: &BucketVariable| !self.buckets.contains_key(bucket.purpose);
        buckets::ALL.into_iter().filter(is_missing).collect()
    }

    /// `NAME-ACCOUNT-REGION` or `NAME-ACCOUNT-REGION-an`, with one account in all.
    fn account_of_buckets(&self) -> Option<String> {
        let region = self.region.as_ref()?;
        let account = |name: &String| {
            let name = name.strip_suffix("-an").unwrap_or(name);
            let (_, account) = name.strip_suffix(region)?.strip_suffix('-')?.rsplit_once('-')?;
            is_account(account).then(|| account.to_owned())
        };
        let mut accounts = self.buckets.values().map(account);
        let first = accounts.next()??;
        accounts.all(|account| account.as_ref() == Some(&first)).then_some(first)
    }
}

/// As the app reads it: a folder, with or without its closing `/`.
fn key_prefix(config: &Config) -> String {
    match config.get("S3_KEY_PREFIX").map(|prefix| prefix.trim_end_matches('/')) {
        None | Some("") => String::new(),
        Some(prefix) => format!("{prefix}/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(variables: &[(&str, &str)]) -> Places {
        let config = Config::of(variables, &[]);
        Places::configured(&config, &Models::configured(&config).unwrap()).unwrap()
    }

    #[test]
    fn the_account_is_told_by_its_variable_or_by_every_bucket() {
        let names = |last: &'static str| {
            [
                ("AWS_REGION", "eu-central-1"),
                ("S3_BUCKET_CREATIVES", "app-test-creatives-111122223333-eu-central-1-an"),
                ("S3_BUCKET_UPLOADS", last),
            ]
        };
        let uploads = "app-test-uploads-111122223333-eu-central-1";
        assert_eq!(places(&names(uploads)).account.as_deref(), Some("111122223333"));
        for other in ["uploads", "app-444455556666-eu-central-1-an", "app-111122223333-us-east-1"] {
            assert_eq!(places(&names(other)).account, None, "{other}");
        }
        let told = [&names("uploads")[..], &[("AWS_ACCOUNT_ID", "444455556666")]].concat();
        assert_eq!(places(&told).account.as_deref(), Some("444455556666"));
        let config = Config::of(&[("AWS_ACCOUNT_ID", "me")], &[]);
        assert!(Places::configured(&config, &Models::configured(&config).unwrap()).is_err());
    }

    #[test]
    fn the_partition_is_that_of_the_region() {
        for (region, partition) in [
            ("eu-central-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("garage", "aws"),
        ] {
            assert_eq!(places(&[("AWS_REGION", region)]).partition, partition);
        }
        assert_eq!(places(&[]).partition, "aws");
    }

    #[test]
    fn the_apps_prefix_is_a_folder() {
        for (value, prefix) in [("", ""), ("/", ""), ("staging", "staging/"), ("a/b/", "a/b/")] {
            assert_eq!(places(&[("S3_KEY_PREFIX", value)]).key_prefix, prefix);
        }
    }
}
