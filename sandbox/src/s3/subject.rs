//! One request as far as permissions are concerned: what it needs, by the table of actions, and the condition keys that it fills.

use http::{HeaderMap, Uri};

use super::{Cx, Slot, acl, tagging};
use crate::access_key::AccessKey;
use crate::iam::{Global, Need, On, When, needs};
use crate::sigv4::Query;
use crate::store::{Bucket, VersionId};

/// Whose permission is asked for what.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) operation: &'a str,
    pub(super) caller: Option<&'a AccessKey>,
    pub(super) bucket: &'a str,
    pub(super) key: Option<&'a str>,
    pub(super) version: Option<&'a VersionId>,
    /// The ETag that one key of a DeleteObjects names in the document.
    pub(super) etag: Option<&'a str>,
    pub(super) headers: &'a HeaderMap,
    pub(super) uri: &'a Uri,
    pub(super) slot: &'a Slot,
}

/// Which of a request's needs are asked for: not all are known at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// What the request itself tells.
    Request,
    /// The object is not there.
    Missing,
    /// The source of a copy, which the subject then names.
    Source,
    SourceMissing,
    /// The source has tags that are copied: to read them, and, on the destination, to write them.
    SourceTags,
    CopiedTags,
}

impl<'a> Subject<'a> {
    /// One key of a request whose operation runs already.
    pub(super) fn of_key(
        cx: &'a Cx,
        operation: &'a str,
        bucket: &'a str,
        key: &'a str,
        version: Option<&'a VersionId>,
    ) -> Self {
        Self {
            operation,
            caller: cx.caller().ok(),
            bucket,
            key: Some(key),
            version,
            etag: None,
            headers: &cx.headers,
            uri: &cx.uri,
            slot: &cx.slot,
        }
    }

    /// What IAM is asked at a stage.
    pub(super) fn needs(&self, stage: Stage) -> Vec<Need> {
        let versioned = self.version.is_some();
        let counts = |when: When| match when {
            When::Missing => stage == Stage::Missing,
            When::SourceCurrent => stage == Stage::Source && !versioned,
            When::SourceVersion => stage == Stage::Source && versioned,
            When::SourceMissing => stage == Stage::SourceMissing,
            When::SourceTagsCurrent => stage == Stage::SourceTags && !versioned,
            When::SourceTagsVersion => stage == Stage::SourceTags && versioned,
            When::CopiedTags => stage == Stage::CopiedTags,
            _ if stage != Stage::Request => false,
            When::Always => true,
            When::Current => !versioned,
            When::Version => versioned,
            When::Acl => self.brings_acl(),
            When::Tags => self.brings_tags(),
            When::Retention => ["x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date"]
                .iter()
                .any(|name| self.value(name).is_some()),
            When::LegalHold => self.value("x-amz-object-lock-legal-hold").is_some(),
            When::Bypass => self.says("x-amz-bypass-governance-retention", "true"),
            When::Etag => {
                self.etag.or_else(|| self.value("if-match")).is_some_and(|etag| etag != "*")
            }
            When::ObjectLock => self.says("x-amz-bucket-object-lock-enabled", "true"),
            When::Ownership => self.value("x-amz-object-ownership").is_some(),
        };
        let bucket = self.bucket;
        let resources = |on: On| match (on, self.key) {
            (On::Everything, _) => vec!["*".to_owned()],
            (On::Object | On::Source, Some(key)) => vec![format!("arn:aws:s3:::{bucket}/{key}")],
            (On::Bucket | On::SourceBucket, _) => vec![format!("arn:aws:s3:::{bucket}")],
            (On::Principal, _) => self.role().into_iter().collect(),
            // The keys of a DeleteObjects are in its body, and other services have other resources.
            _ => Vec::new(),
        };
        needs(self.operation, counts, resources)
    }

    /// A header, or the field that stands for it in a form.
    fn value(&self, name: &str) -> Option<&'a str> {
        let field = match name {
            "x-amz-acl" => "acl",
            "x-amz-tagging" => "tagging",
            name => name,
        };
        if let Some(form) = &self.slot.form {
            return form.get(field);
        }
        self.headers.get(name)?.to_str().ok()
    }

    fn says(&self, name: &str, wanted: &str) -> bool {
        self.value(name).is_some_and(|value| value.eq_ignore_ascii_case(wanted))
    }

    /// The role in a replication configuration.
    fn role(&self) -> Option<String> {
        let document = String::from_utf8_lossy(self.slot.document.as_deref()?);
        let (_, rest) = document.split_once("<Role>")?;
        let (role, _) = rest.split_once("</Role>")?;
        role.starts_with("arn:").then(|| role.to_owned())
    }

    fn brings_acl(&self) -> bool {
        let canned = self.value("x-amz-acl");
        let named = match self.operation {
            "CreateBucket" => canned.is_some_and(|acl| acl != "private"),
            _ => canned.is_some(),
        };
        named || acl::GRANT_HEADERS.iter().any(|(name, _)| self.value(name).is_some())
    }

    fn brings_tags(&self) -> bool {
        if self.operation == "CreateBucket" {
            let document = self.slot.document.as_deref();
            return document
                .and_then(|document| tagging::of_new_bucket(document).ok().flatten())
                .is_some();
        }
        // A copy that keeps its source's tags ignores those of the request.
        let keeps =
            self.operation == "CopyObject" && !self.says("x-amz-tagging-directive", "REPLACE");
        self.value("x-amz-tagging").is_some() && !keeps
    }

    /// The values of a condition key ("Condition keys for Amazon S3", Service Authorization Reference), in lower case but for a tag's name.
    pub(super) fn context(&self, bucket: Option<&Bucket>, key: &str) -> Option<Vec<String>> {
        let query = Query::parse(self.uri.query().unwrap_or_default());
        let parameter = |name: &str| query.get(name).map(|value| vec![value.into_owned()]);
        let header = |name: &str| self.value(name).map(|value| vec![value.to_owned()]);
        match key {
            "s3:prefix" | "s3:delimiter" | "s3:max-keys" => parameter(&key[3..]),
            "s3:versionid" => self
                .version
                .map(|version| vec![version.as_str().to_owned()])
                .or_else(|| parameter("versionId")),
            "s3:locationconstraint" => {
                Some(vec![bucket.map_or(&self.slot.region, |bucket| &bucket.region).clone()])
            }
            "s3:resourceaccount" => Some(vec![bucket?.owner.clone()]),
            "s3:authtype" => self.authentication().map(|(kind, _)| vec![kind.to_owned()]),
            "s3:signatureversion" => self.authentication().map(|(_, name)| vec![name.to_owned()]),
            "s3:if-match" | "s3:if-none-match" => header(&key[3..]),
            "s3:object-lock-mode"
            | "s3:object-lock-legal-hold"
            | "s3:object-lock-retain-until-date" => header(&format!("x-amz-{}", &key[3..])),
            "s3:objectcreationoperation" => {
                let creates = !matches!(
                    self.operation,
                    "CreateMultipartUpload" | "UploadPart" | "UploadPartCopy"
                );
                Some(vec![creates.to_string()])
            }
            "s3:requestobjecttagkeys" => {
                self.request_tags().map(|tags| tags.into_iter().map(|(key, _)| key).collect())
            }
            _ => {
                if let Some(tag) = key.strip_prefix("s3:existingobjecttag/") {
                    let version = bucket?.version(self.key?, self.version).ok()?;
                    let tags = &version.properties.tags;
                    let found = tags.iter().find(|(key, _)| key == tag);
                    return found.map(|(_, value)| vec![value.clone()]);
                }
                if let Some(tag) = key.strip_prefix("s3:requestobjecttag/") {
                    let found = self.request_tags()?.into_iter().find(|(key, _)| key == tag);
                    return found.map(|(_, value)| vec![value]);
                }
                // `s3:x-amz-acl`, `s3:x-amz-copy-source` and their like are named after their headers.
                if let Some(name) =
                    key.strip_prefix("s3:").filter(|name| name.starts_with("x-amz-"))
                {
                    return header(name);
                }
                let global = Global {
                    caller: self.caller,
                    region: bucket.map_or(&self.slot.region, |bucket| &bucket.region),
                    headers: Some(self.headers),
                    resource_account: bucket
                        .map(|bucket| bucket.owner.as_str())
                        .or_else(|| self.caller.map(|caller| caller.account.as_str())),
                };
                global.get(key)
            }
        }
    }

    fn authentication(&self) -> Option<(&'static str, &'static str)> {
        self.caller?;
        let kind = if self.slot.form.is_some() {
            "POST"
        } else if self.headers.contains_key("authorization") {
            "REST-HEADER"
        } else {
            "REST-QUERY-STRING"
        };
        Some((kind, if self.slot.version_2 { "AWS" } else { "AWS4-HMAC-SHA256" }))
    }

    fn request_tags(&self) -> Option<tagging::Tags> {
        tagging::parse_header(self.value("x-amz-tagging")?).ok()
    }
}
