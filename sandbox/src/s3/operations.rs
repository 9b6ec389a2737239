//! The table of operations: which function answers which one.
//!
//! What is not in it is answered by s3s with 501 NotImplemented.
//!
//! To add one: its function, in the file of its subject; a row here; its rows in `iam/actions.rs`, without which the test below fails.
//! Beside these, only where it applies: a field of `Settings` in `store/bucket.rs` for what a bucket keeps, an error code in `fault/table.rs`, an XML body that is not a bucket's in `body.rs`, an ACL that lets others do it in `decision.rs`.

use std::future::Future;
use std::sync::{Arc, PoisonError};

use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result};

use super::{
    Cx, Slot, acceleration, acl, attributes, buckets, complete, copy, cors, delete, encryption,
    lifecycle, listing, lock, logging, multipart, notification, objects, ownership_controls,
    policy, post, public_access_block, replication, request_payment, tagging, versioning, website,
};
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
        #[cfg(test)]
        const INPUTS: &[&str] = &[$(stringify!($input)),*];

        #[async_trait::async_trait]
        impl S3 for Operations {
            $(async fn $name(&self, request: S3Request<$input>) -> S3Result<S3Response<$output>> {
                self.run(request, $answer).await
            })*
        }
    };
}

operations! {
    // Buckets, and what is in them.
    create_bucket(CreateBucketInput) -> CreateBucketOutput = buckets::create;
    delete_bucket(DeleteBucketInput) -> DeleteBucketOutput = buckets::delete;
    get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput = buckets::location;
    head_bucket(HeadBucketInput) -> HeadBucketOutput = buckets::head;
    list_buckets(ListBucketsInput) -> ListBucketsOutput = buckets::list;
    list_object_versions(ListObjectVersionsInput) -> ListObjectVersionsOutput = listing::versions;
    list_objects(ListObjectsInput) -> ListObjectsOutput = listing::v1;
    list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output = listing::v2;

    // A bucket's configuration, by the file that holds it.
    get_bucket_accelerate_configuration(GetBucketAccelerateConfigurationInput) -> GetBucketAccelerateConfigurationOutput = acceleration::get;
    put_bucket_accelerate_configuration(PutBucketAccelerateConfigurationInput) -> PutBucketAccelerateConfigurationOutput = acceleration::put;
    get_bucket_acl(GetBucketAclInput) -> GetBucketAclOutput = acl::get_bucket;
    put_bucket_acl(PutBucketAclInput) -> PutBucketAclOutput = acl::put_bucket;
    get_bucket_cors(GetBucketCorsInput) -> GetBucketCorsOutput = cors::get;
    put_bucket_cors(PutBucketCorsInput) -> PutBucketCorsOutput = cors::put;
    delete_bucket_cors(DeleteBucketCorsInput) -> DeleteBucketCorsOutput = cors::delete;
    get_bucket_encryption(GetBucketEncryptionInput) -> GetBucketEncryptionOutput = encryption::get_bucket;
    put_bucket_encryption(PutBucketEncryptionInput) -> PutBucketEncryptionOutput = encryption::put_bucket;
    delete_bucket_encryption(DeleteBucketEncryptionInput) -> DeleteBucketEncryptionOutput = encryption::delete_bucket;
    get_bucket_lifecycle_configuration(GetBucketLifecycleConfigurationInput) -> GetBucketLifecycleConfigurationOutput = lifecycle::get;
    put_bucket_lifecycle_configuration(PutBucketLifecycleConfigurationInput) -> PutBucketLifecycleConfigurationOutput = lifecycle::put;
    delete_bucket_lifecycle(DeleteBucketLifecycleInput) -> DeleteBucketLifecycleOutput = lifecycle::delete;
    get_object_lock_configuration(GetObjectLockConfigurationInput) -> GetObjectLockConfigurationOutput = lock::get_configuration;
    put_object_lock_configuration(PutObjectLockConfigurationInput) -> PutObjectLockConfigurationOutput = lock::put_configuration;
    get_bucket_logging(GetBucketLoggingInput) -> GetBucketLoggingOutput = logging::get;
    put_bucket_logging(PutBucketLoggingInput) -> PutBucketLoggingOutput = logging::put;
    get_bucket_notification_configuration(GetBucketNotificationConfigurationInput) -> GetBucketNotificationConfigurationOutput = notification::get;
    put_bucket_notification_configuration(PutBucketNotificationConfigurationInput) -> PutBucketNotificationConfigurationOutput = notification::put;
    get_bucket_ownership_controls(GetBucketOwnershipControlsInput) -> GetBucketOwnershipControlsOutput = ownership_controls::get;
    put_bucket_ownership_controls(PutBucketOwnershipControlsInput) -> PutBucketOwnershipControlsOutput = ownership_controls::put;
    delete_bucket_ownership_controls(DeleteBucketOwnershipControlsInput) -> DeleteBucketOwnershipControlsOutput = ownership_controls::delete;
    get_bucket_policy(GetBucketPolicyInput) -> GetBucketPolicyOutput = policy::get;
    get_bucket_policy_status(GetBucketPolicyStatusInput) -> GetBucketPolicyStatusOutput = policy::status;
    put_bucket_policy(PutBucketPolicyInput) -> PutBucketPolicyOutput = policy::put;
    delete_bucket_policy(DeleteBucketPolicyInput) -> DeleteBucketPolicyOutput = policy::delete;
    get_public_access_block(GetPublicAccessBlockInput) -> GetPublicAccessBlockOutput = public_access_block::get;
    put_public_access_block(PutPublicAccessBlockInput) -> PutPublicAccessBlockOutput = public_access_block::put;
    delete_public_access_block(DeletePublicAccessBlockInput) -> DeletePublicAccessBlockOutput = public_access_block::delete;
    get_bucket_replication(GetBucketReplicationInput) -> GetBucketReplicationOutput = replication::get;
    put_bucket_replication(PutBucketReplicationInput) -> PutBucketReplicationOutput = replication::put;
    delete_bucket_replication(DeleteBucketReplicationInput) -> DeleteBucketReplicationOutput = replication::delete;
    get_bucket_request_payment(GetBucketRequestPaymentInput) -> GetBucketRequestPaymentOutput = request_payment::get;
    put_bucket_request_payment(PutBucketRequestPaymentInput) -> PutBucketRequestPaymentOutput = request_payment::put;
    get_bucket_tagging(GetBucketTaggingInput) -> GetBucketTaggingOutput = tagging::get_bucket;
    put_bucket_tagging(PutBucketTaggingInput) -> PutBucketTaggingOutput = tagging::put_bucket;
    delete_bucket_tagging(DeleteBucketTaggingInput) -> DeleteBucketTaggingOutput = tagging::delete_bucket;
    get_bucket_versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput = versioning::get;
    put_bucket_versioning(PutBucketVersioningInput) -> PutBucketVersioningOutput = versioning::put;
    get_bucket_website(GetBucketWebsiteInput) -> GetBucketWebsiteOutput = website::get;
    put_bucket_website(PutBucketWebsiteInput) -> PutBucketWebsiteOutput = website::put;
    delete_bucket_website(DeleteBucketWebsiteInput) -> DeleteBucketWebsiteOutput = website::delete;

    // Objects.
    copy_object(CopyObjectInput) -> CopyObjectOutput = copy::copy;
    delete_object(DeleteObjectInput) -> DeleteObjectOutput = delete::one;
    delete_object_tagging(DeleteObjectTaggingInput) -> DeleteObjectTaggingOutput = tagging::delete_object;
    delete_objects(DeleteObjectsInput) -> DeleteObjectsOutput = delete::many;
    get_object(GetObjectInput) -> GetObjectOutput = objects::get;
    get_object_acl(GetObjectAclInput) -> GetObjectAclOutput = acl::get_object;
    get_object_attributes(GetObjectAttributesInput) -> GetObjectAttributesOutput = attributes::get;
    get_object_legal_hold(GetObjectLegalHoldInput) -> GetObjectLegalHoldOutput = lock::get_legal_hold;
    get_object_retention(GetObjectRetentionInput) -> GetObjectRetentionOutput = lock::get_retention;
    get_object_tagging(GetObjectTaggingInput) -> GetObjectTaggingOutput = tagging::get_object;
    head_object(HeadObjectInput) -> HeadObjectOutput = objects::head;
    post_object(PostObjectInput) -> PostObjectOutput = post::post;
    put_object(PutObjectInput) -> PutObjectOutput = objects::put;
    put_object_acl(PutObjectAclInput) -> PutObjectAclOutput = acl::put_object;
    put_object_legal_hold(PutObjectLegalHoldInput) -> PutObjectLegalHoldOutput = lock::put_legal_hold;
    put_object_retention(PutObjectRetentionInput) -> PutObjectRetentionOutput = lock::put_retention;
    put_object_tagging(PutObjectTaggingInput) -> PutObjectTaggingOutput = tagging::put_object;

    // Multipart uploads.
    abort_multipart_upload(AbortMultipartUploadInput) -> AbortMultipartUploadOutput = multipart::abort;
    complete_multipart_upload(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput = complete::complete;
    create_multipart_upload(CreateMultipartUploadInput) -> CreateMultipartUploadOutput = multipart::create;
    list_multipart_uploads(ListMultipartUploadsInput) -> ListMultipartUploadsOutput = multipart::list_uploads;
    list_parts(ListPartsInput) -> ListPartsOutput = multipart::list_parts;
    upload_part(UploadPartInput) -> UploadPartOutput = multipart::upload_part;
    upload_part_copy(UploadPartCopyInput) -> UploadPartCopyOutput = multipart::upload_part_copy;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::INPUTS;
    use crate::iam;

    /// An operation without a row would be open to the bucket's owner, whatever the policies say, and show no needs.
    #[test]
    fn every_operation_is_in_the_table_of_actions_and_no_other() {
        let played: BTreeSet<&str> =
            INPUTS.iter().map(|input| input.strip_suffix("Input").unwrap()).collect();
        let checked: BTreeSet<&str> = iam::operations_checked_for("s3:").collect();
        let open: Vec<_> = played.difference(&checked).collect();
        assert!(open.is_empty(), "without a row in `iam/actions.rs`: {open:?}");
        let stale: Vec<_> = checked.difference(&played).collect();
        assert!(stale.is_empty(), "in `iam/actions.rs` alone: {stale:?}");
    }
}
