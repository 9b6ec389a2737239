//! The table of operations: which function answers which one.
//!
//! What is not in it is answered by s3s with 501 NotImplemented.

use std::future::Future;
use std::sync::{Arc, PoisonError};

use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result};

use super::{Cx, Slot, buckets, delete, listing, multipart, objects};
use crate::access_key::Keyring;
use crate::fault::Fault;
use crate::store::Store;

/// The implementation that s3s calls.
pub(super) struct Operations {
    pub(super) store: Arc<Store>,
    pub(super) keys: Arc<Keyring>,
}

impl Operations {
    /// Runs one operation; a fault is kept in the request's slot, because s3s can carry only its code and message.
    async fn run<I, O, F>(
        &self,
        request: S3Request<I>,
        operation: impl FnOnce(Cx, I) -> F,
    ) -> S3Result<S3Response<O>>
    where
        F: Future<Output = Result<S3Response<O>, Fault>>,
    {
        let slot = request.extensions.get::<Arc<Slot>>().cloned().unwrap_or_default();
        let cx = Cx {
            store: self.store.clone(),
            keys: self.keys.clone(),
            slot: slot.clone(),
            method: request.method,
            uri: request.uri,
            headers: request.headers,
            trailers: request.trailing_headers,
        };
        let result = operation(cx, request.input).await;
        // A check that was made along the way and passed over leaves nothing behind.
        *slot.fault.lock().unwrap_or_else(PoisonError::into_inner) = None;
        result.map_err(|fault| slot.refuse(fault))
    }
}

macro_rules! operations {
    ($($name:ident($input:ident) -> $output:ident = $answer:path;)*) => {
        #[async_trait::async_trait]
        impl S3 for Operations {
            $(async fn $name(&self, request: S3Request<$input>) -> S3Result<S3Response<$output>> {
                self.run(request, $answer).await
            })*
        }
    };
}

operations! {
    create_bucket(CreateBucketInput) -> CreateBucketOutput = buckets::create;
    delete_bucket(DeleteBucketInput) -> DeleteBucketOutput = buckets::delete;
    get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput = buckets::location;
    get_bucket_versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput = buckets::get_versioning;
    head_bucket(HeadBucketInput) -> HeadBucketOutput = buckets::head;
    list_buckets(ListBucketsInput) -> ListBucketsOutput = buckets::list;
    put_bucket_versioning(PutBucketVersioningInput) -> PutBucketVersioningOutput = buckets::put_versioning;

    delete_object(DeleteObjectInput) -> DeleteObjectOutput = delete::one;
    delete_objects(DeleteObjectsInput) -> DeleteObjectsOutput = delete::many;
    get_object(GetObjectInput) -> GetObjectOutput = objects::get;
    head_object(HeadObjectInput) -> HeadObjectOutput = objects::head;
    put_object(PutObjectInput) -> PutObjectOutput = objects::put;

    list_multipart_uploads(ListMultipartUploadsInput) -> ListMultipartUploadsOutput = multipart::list_uploads;
    list_object_versions(ListObjectVersionsInput) -> ListObjectVersionsOutput = listing::versions;
    list_objects(ListObjectsInput) -> ListObjectsOutput = listing::v1;
    list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output = listing::v2;
}
