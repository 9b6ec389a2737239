//! The models that exist, as data.
//!
//! Source: "Supported foundation models in Amazon Bedrock" and "Supported Regions and models for inference profiles", Amazon Bedrock User Guide; limits from the pages of each model.
//! Left out: which regions offer which model. One endpoint plays every region, so every model is everywhere; only a profile's prefix must fit the region, as it must on AWS.

use crate::staged::Family;

/// A foundation model.
pub(super) struct Model {
    pub(super) id: &'static str,
    pub(super) family: Family,
    /// Whether the bare id can be invoked, or only an inference profile.
    pub(super) on_demand: bool,
    /// The prefixes of its inference profiles.
    pub(super) profiles: &'static [&'static str],
    /// Tokens that it reads.
    pub(super) context: usize,
    /// Tokens that it writes.
    pub(super) max_output: usize,
}

pub(super) static MODELS: &[Model] = &[
    Model {
        id: "anthropic.claude-3-haiku-20240307-v1:0",
        family: Family::Anthropic,
        on_demand: true,
        profiles: &["us", "eu", "apac"],
        context: 200_000,
        max_output: 4_096,
    },
    Model {
        id: "anthropic.claude-3-5-sonnet-20240620-v1:0",
        family: Family::Anthropic,
        on_demand: true,
        profiles: &["us", "eu", "apac"],
        context: 200_000,
        max_output: 8_192,
    },
    Model {
        id: "anthropic.claude-haiku-4-5-20251001-v1:0",
        family: Family::Anthropic,
        on_demand: false,
        profiles: &["global", "us", "eu", "jp", "au"],
        context: 200_000,
        max_output: 64_000,
    },
    Model {
        id: "anthropic.claude-sonnet-4-5-20250929-v1:0",
        family: Family::Anthropic,
        on_demand: false,
        profiles: &["global", "us", "eu", "jp", "au"],
        context: 200_000,
        max_output: 64_000,
    },
    Model {
        id: "amazon.nova-micro-v1:0",
        family: Family::Amazon,
        on_demand: true,
        profiles: &["us", "eu", "apac"],
        context: 128_000,
        max_output: 10_000,
    },
    Model {
        id: "amazon.nova-lite-v1:0",
        family: Family::Amazon,
        on_demand: true,
        profiles: &["us", "eu", "apac"],
        context: 300_000,
        max_output: 10_000,
    },
    Model {
        id: "amazon.nova-pro-v1:0",
        family: Family::Amazon,
        on_demand: true,
        profiles: &["us", "eu", "apac"],
        context: 300_000,
        max_output: 10_000,
    },
    Model {
        id: "amazon.nova-2-lite-v1:0",
        family: Family::Amazon,
        on_demand: false,
        profiles: &["global", "us", "eu", "jp"],
        context: 1_000_000,
        max_output: 65_535,
    },
    Model {
        id: "meta.llama3-8b-instruct-v1:0",
        family: Family::Meta,
        on_demand: true,
        profiles: &[],
        context: 8_192,
        max_output: 2_048,
    },
    Model {
        id: "meta.llama3-70b-instruct-v1:0",
        family: Family::Meta,
        on_demand: true,
        profiles: &[],
        context: 8_192,
        max_output: 2_048,
    },
    Model {
        id: "meta.llama3-2-3b-instruct-v1:0",
        family: Family::Meta,
        on_demand: false,
        profiles: &["us", "eu"],
        context: 131_072,
        max_output: 8_192,
    },
    Model {
        id: "meta.llama3-3-70b-instruct-v1:0",
        family: Family::Meta,
        on_demand: false,
        profiles: &["us"],
        context: 131_072,
        max_output: 8_192,
    },
];

/// Where a profile can be called from: its prefix, and the beginnings of the regions' names.
pub(super) static GEOGRAPHIES: &[(&str, &[&str])] = &[
    ("global", &[""]),
    ("us", &["us-east-", "us-west-", "ca-"]),
    ("eu", &["eu-"]),
    ("apac", &["ap-"]),
    ("jp", &["ap-northeast-1", "ap-northeast-3"]),
    ("au", &["ap-southeast-2", "ap-southeast-4"]),
];
