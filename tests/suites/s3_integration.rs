//! The app's storage on S3 and on local files (requirements 1.1 to 1.5).

mod fixture_is_clean;
