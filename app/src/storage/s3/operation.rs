//! The operations that the app uses, with the permission that each needs.

/// An operation of S3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Operation {
    /// Its name in the API.
    pub(super) name: &'static str,
    /// The IAM action that AWS checks (Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3").
    pub(super) action: &'static str,
    /// Whether the action is checked on the bucket instead of an object.
    pub(super) on_bucket: bool,
}

const fn on_object(name: &'static str, action: &'static str) -> Operation {
    Operation { name, action, on_bucket: false }
}

const fn on_bucket(name: &'static str, action: &'static str) -> Operation {
    Operation { name, action, on_bucket: true }
}

impl Operation {
    pub(super) const ABORT_MULTIPART_UPLOAD: Self =
        on_object("AbortMultipartUpload", "s3:AbortMultipartUpload");
    pub(super) const COMPLETE_MULTIPART_UPLOAD: Self =
        on_object("CompleteMultipartUpload", "s3:PutObject");
    pub(super) const CREATE_MULTIPART_UPLOAD: Self =
        on_object("CreateMultipartUpload", "s3:PutObject");
    pub(super) const DELETE_OBJECT: Self = on_object("DeleteObject", "s3:DeleteObject");
    pub(super) const GET_OBJECT: Self = on_object("GetObject", "s3:GetObject");
    pub(super) const HEAD_OBJECT: Self = on_object("HeadObject", "s3:GetObject");
    pub(super) const LIST_OBJECTS: Self = on_bucket("ListObjectsV2", "s3:ListBucket");
    pub(super) const PUT_OBJECT: Self = on_object("PutObject", "s3:PutObject");
    pub(super) const UPLOAD_PART: Self = on_object("UploadPart", "s3:PutObject");
}
