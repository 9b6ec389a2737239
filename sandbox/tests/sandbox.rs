//! The embedded AWS, seen by the AWS SDK for Rust and by plain HTTP.

// Helpers of tests, too, may stop at the first surprise.
#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]

#[path = "sandbox/bedrock.rs"]
mod bedrock;
#[path = "sandbox/bedrock_bodies.rs"]
mod bedrock_bodies;
#[path = "sandbox/bedrock_models.rs"]
mod bedrock_models;
#[path = "sandbox/bedrock_staged.rs"]
mod bedrock_staged;
#[path = "sandbox/bedrock_streams.rs"]
mod bedrock_streams;
#[path = "sandbox/browsers.rs"]
mod browsers;
#[path = "sandbox/buckets.rs"]
mod buckets;
#[path = "sandbox/checksums.rs"]
mod checksums;
#[path = "sandbox/conditions.rs"]
mod conditions;
#[path = "sandbox/configurations.rs"]
mod configurations;
#[path = "sandbox/errors.rs"]
mod errors;
#[path = "sandbox/iam_api.rs"]
mod iam_api;
#[path = "sandbox/iam_models.rs"]
mod iam_models;
#[path = "sandbox/iam_needs.rs"]
mod iam_needs;
#[path = "sandbox/iam_policies.rs"]
mod iam_policies;
#[path = "sandbox/latency.rs"]
mod latency;
#[path = "sandbox/leniency.rs"]
mod leniency;
#[path = "sandbox/lifecycle.rs"]
mod lifecycle;
#[path = "sandbox/listing.rs"]
mod listing;
#[path = "sandbox/locks.rs"]
mod locks;
#[path = "sandbox/multipart.rs"]
mod multipart;
#[path = "sandbox/objects.rs"]
mod objects;
#[path = "sandbox/presigned_urls.rs"]
mod presigned_urls;
#[path = "sandbox/runtime_wire.rs"]
mod runtime_wire;
#[path = "sandbox/runtimes.rs"]
mod runtimes;
#[path = "sandbox/sagemaker.rs"]
mod sagemaker;
#[path = "sandbox/server.rs"]
mod server;
#[path = "sandbox/settings.rs"]
mod settings;
#[path = "sandbox/signatures.rs"]
mod signatures;
#[path = "sandbox/support.rs"]
mod support;
#[path = "sandbox/versions.rs"]
mod versions;
