//! The variables that name the app's buckets, one per purpose.
//! They are the app's own settings, so that a test run and the product read the same names.

/// A bucket that the app uses, as its settings name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BucketVariable {
    /// What the app keeps there: `creatives`, `landing-pages`, `exports` or `uploads`.
    pub purpose: &'static str,
    /// The environment variable that holds the bucket's name.
    pub variable: &'static str,
}

/// Every bucket of the app. Several variables may name the same bucket.
pub const ALL: [BucketVariable; 4] = [
    BucketVariable { purpose: "creatives", variable: "S3_BUCKET_CREATIVES" },
    BucketVariable { purpose: "landing-pages", variable: "S3_BUCKET_LANDING_PAGES" },
    BucketVariable { purpose: "exports", variable: "S3_BUCKET_EXPORTS" },
    BucketVariable { purpose: "uploads", variable: "S3_BUCKET_UPLOADS" },
];
