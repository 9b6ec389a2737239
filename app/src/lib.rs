//! The product under test: stores files on S3 or locally, and lets users choose the model that answers them.
//!
//! [`api`] serves it over HTTP; without a server it is used like this:
//!
//! ```
//! use app::settings::Settings;
//! use app::storage::{ObjectKey, Prefix, Purpose, Storage, UploadOptions, UrlExpiry};
//! use aws_types::SdkConfig;
//! use futures::TryStreamExt;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let root = folder.path().display().to_string();
//! // A program calls `Settings::load`, which reads the environment and `app/.env`.
//! let settings = Settings::from_vars([
//!     ("STORAGE_BACKEND".to_owned(), "local".to_owned()),
//!     ("LOCAL_STORAGE_ROOT".to_owned(), root),
//! ])?;
//! // For `s3`, a configuration that `aws-config` has loaded, with an HTTP client.
//! let aws = SdkConfig::builder().build();
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let uploads = Storage::new(&settings, Purpose::Uploads, &aws)?;
//! let key = ObjectKey::generate(&Prefix::new("images/")?, "hero.png")?;
//! let options = UploadOptions::default().content_type("image/png".parse()?);
//! uploads.upload(&key, "bytes".into(), &options).await?;
//!
//! assert_eq!(uploads.download(&key).await?, "bytes");
//! assert_eq!(uploads.metadata(&key).await?.size_bytes, 5);
//!
//! let entries: Vec<_> = uploads.list(&Prefix::new("images/")?).try_collect().await?;
//! assert_eq!(entries[0].key, key);
//!
//! let url = uploads.presign_get(&key, UrlExpiry::from_secs(60)?).await?;
//! assert!(url.url.path().ends_with(".png"));
//! // No `CLOUDFRONT_DOMAIN`, no public address.
//! assert_eq!(uploads.cdn_url(&key)?, None);
//!
//! uploads.delete(&key).await?;
//! assert!(!uploads.exists(&key).await?);
//! # Ok(())
//! # })
//! # }
//! ```

pub mod api;
pub mod aws;
mod causes;
#[cfg(test)]
mod fake_server;
pub mod logging;
pub mod models;
pub mod preferences;
pub mod program;
pub mod settings;
pub mod storage;
