//! `Content-MD5` for servers that want it.
//!
//! AWS takes the SDK's CRC32 for the operations whose body must be checked (DeleteObjects, bucket
//! tags, lifecycle, ...); some S3-compatible servers know only the older `Content-MD5`. AWS takes
//! both, but is never sent it, since it needs no help.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use md5::{Digest as _, Md5};

/// The subresources whose body must be checked (Amazon S3 API Reference, operation by operation).
const CHECKED: [&str; 5] = ["delete", "tagging", "lifecycle", "encryption", "publicAccessBlock"];

/// Adds `Content-MD5` where the body must be checked.
#[derive(Debug)]
pub(super) struct ContentMd5;

impl Intercept for ContentMd5 {
    fn name(&self) -> &'static str {
        "ContentMd5"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let query = request.uri().split_once('?').map_or("", |(_, query)| query);
        let checked = query
            .split('&')
            .filter_map(|pair| pair.split('=').next())
            .any(|name| CHECKED.contains(&name));
        if !checked {
            return Ok(());
        }
        if let Some(body) = request.body().bytes().filter(|body| !body.is_empty()) {
            let digest = aws_smithy_types::base64::encode(Md5::digest(body));
            request.headers_mut().insert("content-md5", digest);
        }
        Ok(())
    }
}
