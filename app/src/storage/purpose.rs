//! What a stored file is for; each purpose has a bucket, or a folder, of its own.
//!
//! The variables of the buckets stand in `settings/variables.rs` and `app/.env.example` too, where people look them up; tests
//! hold all of them to this list.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a stored file is for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Images and videos of advertisements: `S3_BUCKET_CREATIVES`.
    Creatives,
    /// Pages that advertisements lead to: `S3_BUCKET_LANDING_PAGES`.
    LandingPages,
    /// Reports that users download: `S3_BUCKET_EXPORTS`.
    Exports,
    /// What users hand in: `S3_BUCKET_UPLOADS`.
    Uploads,
}

impl Purpose {
    /// Every purpose, each at the place `purpose as usize`.
    pub const ALL: [Self; 4] = [Self::Creatives, Self::LandingPages, Self::Exports, Self::Uploads];

    /// The name in URLs and of the local folder.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Creatives => "creatives",
            Self::LandingPages => "landing-pages",
            Self::Exports => "exports",
            Self::Uploads => "uploads",
        }
    }

    /// The variable that names its bucket.
    pub fn bucket_variable(self) -> &'static str {
        match self {
            Self::Creatives => "S3_BUCKET_CREATIVES",
            Self::LandingPages => "S3_BUCKET_LANDING_PAGES",
            Self::Exports => "S3_BUCKET_EXPORTS",
            Self::Uploads => "S3_BUCKET_UPLOADS",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_is_its_place_in_the_list() {
        for (index, purpose) in Purpose::ALL.into_iter().enumerate() {
            assert_eq!(purpose as usize, index);
        }
    }

    #[test]
    fn a_purpose_is_read_by_its_name_in_urls() {
        for purpose in Purpose::ALL {
            let name = serde_json::json!(purpose.as_str());
            assert_eq!(serde_json::from_value::<Purpose>(name).unwrap(), purpose);
        }
    }
}
