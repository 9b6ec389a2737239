//! An embedded AWS on loopback: S3, STS, IAM, and the runtimes of Bedrock and SageMaker, in memory, strict where AWS is strict.
//!
//! A [`Sandbox`] is a value: started with [`Sandbox::start`], gone when dropped.
//! It listens on 127.0.0.1 alone, knows no access key until told ([`Sandbox::add_access_key`]), verifies every signature, and keeps a log of the calls it answered ([`Sandbox::calls`]).
//!
//! One endpoint plays every region: the region in a request's credential scope is the regional endpoint that the client believes it talks to.

mod access_key;
mod bedrock;
mod calls;
mod fault;
mod front;
mod generation;
mod holds;
mod iam;
mod ids;
mod latency;
mod query_api;
mod rest_json;
mod s3;
mod sagemaker;
mod sandbox;
mod script;
mod sigv4;
pub mod staged;
mod store;
mod sts;

pub use access_key::AccessKey;
pub use bedrock::profile_destinations;
pub use calls::{Call, Service, Tokens};
pub use iam::{Need, PolicyError};
pub use latency::Latency;
pub use sandbox::{Config, Sandbox};
