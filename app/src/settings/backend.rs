//! Where files are stored: on S3, or in a folder of this machine.

use std::path::PathBuf;

use url::Url;

use super::bucket_name::BucketName;
use super::reader::Reader;
use super::region::RegionName;
use super::secret::Secret;
use crate::storage::{CdnDomain, Purpose};

/// Where files are stored.
#[derive(Clone, Debug)]
pub enum BackendSettings {
    /// On S3, or on a server that speaks its protocol.
    S3(S3Settings),
    /// In a folder of this machine.
    Local(LocalSettings),
}

/// Where files are stored on S3.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct S3Settings {
    /// `AWS_REGION`, in which all the buckets are.
    pub region: RegionName,
    /// The variables that [`Purpose::bucket_variable`] names.
    ///
    /// Invariant: one for each purpose, in the order of [`Purpose::ALL`].
    buckets: Vec<BucketName>,
    /// `CLOUDFRONT_DOMAIN`, if files are delivered by CloudFront.
    pub cdn_domain: Option<CdnDomain>,
    /// `S3_ADDRESSING_STYLE`.
    pub addressing: AddressingStyle,
}

impl S3Settings {
    /// The bucket of a purpose.
    /// Purposes that name the same bucket share its keys.
    pub fn bucket(&self, purpose: Purpose) -> &BucketName {
        &self.buckets[purpose as usize]
    }
}

/// How a bucket stands in the URL of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AddressingStyle {
    /// In the path where an endpoint is configured, in the host name on AWS.
    #[default]
    Auto,
    /// `https://ENDPOINT/BUCKET/KEY`.
    Path,
    /// `https://BUCKET.ENDPOINT/KEY`.
    Virtual,
}

/// Where files are stored locally.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LocalSettings {
    /// `LOCAL_STORAGE_ROOT`: the folder that is never left. Each purpose has its own below.
    pub root: PathBuf,
    /// `LOCAL_STORAGE_BASE_URL`: what presigned URLs start with, without a `/` at its end.
    pub base_url: Url,
    /// `LOCAL_STORAGE_SIGNING_KEY`, or a random one: presigned URLs then die with the process.
    pub signing_key: Secret,
}

impl BackendSettings {
    /// Reads what both backends have; with the region, which is not S3's alone.
    pub(super) fn read(reader: &mut Reader) -> (Option<Self>, Option<RegionName>) {
        let backend = reader.backend();
        let region = reader.region(backend == Some(Backend::S3));
        let s3 = read_s3(reader, region.clone(), backend == Some(Backend::S3));
        let local = read_local(reader);
        let backend = match backend {
            Some(Backend::S3) => s3.map(Self::S3),
            Some(Backend::Local) => local.map(Self::Local),
            None => None,
        };
        (backend, region)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Backend {
    S3,
    Local,
}

impl Reader {
    fn backend(&mut self) -> Option<Backend> {
        let name = "STORAGE_BACKEND";
        if self.is_set(name) {
            return self.optional(name, |text| match text {
                "s3" => Ok(Backend::S3),
                "local" => Ok(Backend::Local),
                other => Err(format!("{other:?} is no backend")),
            });
        }
        // Buckets without a backend: whichever we took, somebody would look for files in the wrong place.
        let buckets = Purpose::ALL.map(Purpose::bucket_variable);
        match buckets.into_iter().find(|bucket| self.is_set(bucket)) {
            Some(bucket) => {
                self.problem(name, format!("not set, although `{bucket}` is"));
                None
            }
            None => Some(Backend::Local),
        }
    }

    fn region(&mut self, required: bool) -> Option<RegionName> {
        let aws_only = !self.is_set("AWS_ENDPOINT_URL") && !self.is_set("AWS_ENDPOINT_URL_S3");
        self.text("AWS_REGION", required, |text| {
            let region = RegionName::new(text)?;
            if aws_only { region.require_aws() } else { Ok(region) }
        })
    }
}

fn read_s3(reader: &mut Reader, region: Option<RegionName>, required: bool) -> Option<S3Settings> {
    // All of them before any is missed: each is a problem of its own.
    let buckets = Purpose::ALL
        .map(|purpose| reader.text(purpose.bucket_variable(), required, BucketName::new));
    let cdn_domain = reader.text("CLOUDFRONT_DOMAIN", false, CdnDomain::new);
    let addressing = reader.optional("S3_ADDRESSING_STYLE", |text| match text {
        "auto" => Ok(AddressingStyle::Auto),
        "path" => Ok(AddressingStyle::Path),
        "virtual" => Ok(AddressingStyle::Virtual),
        other => Err(format!("{other:?} is no addressing style")),
    });
    Some(S3Settings {
        region: region?,
        buckets: buckets.into_iter().collect::<Option<_>>()?,
        cdn_domain,
        addressing: addressing.unwrap_or_default(),
    })
}

fn read_local(reader: &mut Reader) -> Option<LocalSettings> {
    let root = reader.with_default("LOCAL_STORAGE_ROOT", |text| Ok(PathBuf::from(text)));
    let base_url = reader.with_default("LOCAL_STORAGE_BASE_URL", base_url);
    let signing_key = reader.secret("LOCAL_STORAGE_SIGNING_KEY", |text| match text.len() {
        0..MIN_SIGNING_KEY_BYTES => {
            Err(format!("{} bytes are too few, the least is {MIN_SIGNING_KEY_BYTES}", text.len()))
        }
        _ => Ok(Secret::new(text)),
    });
    Some(LocalSettings {
        root: root?,
        base_url: base_url?,
        signing_key: signing_key.unwrap_or_else(Secret::random),
    })
}

/// As long as the output of SHA-256 (RFC 2104, section 3).
pub(super) const MIN_SIGNING_KEY_BYTES: usize = 32;

fn base_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text.trim_end_matches('/')).map_err(|error| error.to_string())?;
    let plain = url.query().is_none() && url.fragment().is_none() && url.password().is_none();
    if !matches!(url.scheme(), "http" | "https") {
        Err(format!("scheme `{}` is neither `http` nor `https`", url.scheme()))
    } else if !plain || !url.username().is_empty() {
        Err("it has a query, a fragment or credentials".to_owned())
    } else {
        check_path(&url)?;
        Ok(url)
    }
}

/// The API answers below the path, beside its own routes.
fn check_path(url: &Url) -> Result<(), String> {
    let segments: Vec<_> = url.path_segments().into_iter().flatten().collect();
    match segments.first() {
        Some(first) if API_ROOTS.contains(first) => {
            Err(format!("`/{first}` is a path of the API itself"))
        }
        // The router would take them for parameters of an older form.
        _ if segments.iter().any(|segment| segment.starts_with([':', '*'])) => {
            Err("a segment of its path starts with `:` or `*`".to_owned())
        }
        _ => Ok(()),
    }
}

/// What the paths of the API begin with; a test of the API holds it to the routes.
pub(crate) const API_ROOTS: [&str; 5] = ["files", "health", "models", "openapi.json", "users"];
