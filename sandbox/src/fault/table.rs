//! Status and message of each error code (Amazon S3 API Reference, "Error responses"; STS API Reference, "Common errors").

use http::StatusCode;

/// Status and message of `code`, one of ours or of s3s; an unknown code is a 400 without words.
pub(super) fn defaults(code: &str) -> (StatusCode, &'static str) {
    let (status, message) = TABLE
        .iter()
        .find(|(name, ..)| *name == code)
        .map_or((400, ""), |(_, status, message)| (*status, *message));
    (StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), message)
}

const TABLE: &[(&str, u16, &str)] = &[
    ("AccessControlListNotSupported", 400, "The bucket does not allow ACLs"),
    ("AccessDenied", 403, "Access Denied"),
    ("AccessForbidden", 403, "CORSResponse: CORS is not enabled for this bucket."),
    ("AuthorizationHeaderMalformed", 400, "The authorization header is malformed."),
    (
        "AuthorizationQueryParametersError",
        400,
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
    ),
    ("BadDigest", 400, "The Content-MD5 you specified did not match what we received."),
    ("BadRequest", 400, "Bad Request"),
    (
        "BucketAlreadyExists",
        409,
        "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
    ),
    (
        "BucketAlreadyOwnedByYou",
        409,
        "Your previous request to create the named bucket succeeded and you already own it.",
    ),
    ("BucketNotEmpty", 409, "The bucket you tried to delete is not empty"),
    (
        "CrossLocationLoggingProhibited",
        403,
        "Cross-location logging not allowed. Buckets in one geographic location cannot log information to a bucket in another location.",
    ),
    ("EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed size"),
    ("EntityTooSmall", 400, "Your proposed upload is smaller than the minimum allowed size"),
    (
        "IllegalLocationConstraintException",
        400,
        "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.",
    ),
    ("IllegalVersioningConfigurationException", 400, "The Versioning element must be specified"),
    (
        "IncompleteBody",
        400,
        "You did not provide the number of bytes specified by the Content-Length HTTP header",
    ),
    ("InternalError", 500, "We encountered an internal error. Please try again."),
    (
        "InvalidAccessKeyId",
        403,
        "The AWS Access Key Id you provided does not exist in our records.",
    ),
    ("InvalidArgument", 400, "Invalid Argument"),
    (
        "InvalidBucketAclWithBlockPublicAccessError",
        400,
        "Bucket cannot have public ACLs set with BlockPublicAccess enabled",
    ),
    (
        "InvalidBucketAclWithObjectOwnership",
        400,
        "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
    ),
    ("InvalidBucketName", 400, "The specified bucket is not valid."),
    (
        "InvalidBucketOwnerAWSAccountID",
        400,
        "The value of the expected bucket owner parameter must be an AWS Account ID.",
    ),
    ("InvalidBucketState", 409, "The request is not valid with the current state of the bucket."),
    ("InvalidClientTokenId", 403, "The security token included in the request is invalid."),
    ("InvalidDigest", 400, "The Content-MD5 you specified was invalid."),
    (
        "InvalidEncryptionAlgorithmError",
        400,
        "The encryption request you specified is not valid. The valid value is AES256.",
    ),
    ("InvalidLocationConstraint", 400, "The specified location-constraint is not valid"),
    ("InvalidObjectState", 403, "The operation is not valid for the object's storage class"),
    (
        "InvalidPart",
        400,
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
    ),
    ("InvalidPartNumber", 416, "The requested partnumber is not satisfiable"),
    (
        "InvalidPartOrder",
        400,
        "The list of parts was not in ascending order. Parts must be ordered by part number.",
    ),
    (
        "InvalidPolicyDocument",
        400,
        "The content of the form does not meet the conditions specified in the policy document.",
    ),
    ("InvalidRange", 416, "The requested range is not satisfiable"),
    ("InvalidRedirectLocation", 400, ""),
    ("InvalidRequest", 400, "Invalid Request"),
    ("InvalidRetentionPeriod", 400, "Default retention period must be a positive integer value."),
    ("InvalidStorageClass", 400, "The storage class you specified is not valid"),
    (
        "InvalidTag",
        400,
        "The tag provided was not a valid tag. This error can occur if the tag did not pass input validation.",
    ),
    (
        "InvalidTargetBucketForLogging",
        400,
        "The target bucket for logging does not exist, is not owned by you, or does not have the appropriate grants for the log-delivery group.",
    ),
    ("InvalidToken", 400, "The provided token is malformed or otherwise invalid."),
    ("InvalidURI", 400, "Couldn't parse the specified URI."),
    ("KeyTooLongError", 400, "Your key is too long"),
    (
        "MalformedACLError",
        400,
        "The XML you provided was not well-formed or did not validate against our published schema",
    ),
    (
        "MalformedPOSTRequest",
        400,
        "The body of your POST request is not well-formed multipart/form-data.",
    ),
    ("MalformedPolicy", 400, "This policy contains invalid Json"),
    (
        "MalformedTrailerError",
        400,
        "The request contained trailing data that was not well-formed or did not conform to our published schema.",
    ),
    (
        "MalformedXML",
        400,
        "The XML you provided was not well-formed or did not validate against our published schema",
    ),
    ("MaxMessageLengthExceeded", 400, "Your request was too big."),
    ("MetadataTooLarge", 400, "Your metadata headers exceed the maximum allowed metadata size"),
    ("MethodNotAllowed", 405, "The specified method is not allowed against this resource."),
    ("MissingContentLength", 411, "You must provide the Content-Length HTTP header."),
    ("MissingRequestBodyError", 400, "Request Body is empty"),
    ("MissingSecurityHeader", 400, ""),
    ("NoSuchBucket", 404, "The specified bucket does not exist"),
    ("NoSuchBucketPolicy", 404, "The bucket policy does not exist"),
    ("NoSuchCORSConfiguration", 404, "The CORS configuration does not exist"),
    ("NoSuchKey", 404, "The specified key does not exist."),
    ("NoSuchLifecycleConfiguration", 404, "The lifecycle configuration does not exist"),
    (
        "NoSuchObjectLockConfiguration",
        404,
        "The specified object does not have a ObjectLock configuration",
    ),
    (
        "NoSuchPublicAccessBlockConfiguration",
        404,
        "The public access block configuration was not found",
    ),
    ("NoSuchTagSet", 404, "The TagSet does not exist"),
    (
        "NoSuchUpload",
        404,
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
    ),
    ("NoSuchVersion", 404, "The specified version does not exist."),
    (
        "NoSuchWebsiteConfiguration",
        404,
        "The specified bucket does not have a website configuration",
    ),
    ("NotImplemented", 501, "A header you provided implies functionality that is not implemented"),
    ("NotModified", 304, "Not Modified"),
    (
        "ObjectLockConfigurationNotFoundError",
        404,
        "Object Lock configuration does not exist for this bucket",
    ),
    ("OwnershipControlsNotFoundError", 404, "The bucket ownership controls were not found"),
    (
        "PermanentRedirect",
        301,
        "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.",
    ),
    ("PolicyTooLarge", 400, "Policy exceeds the maximum allowed document size."),
    ("PreconditionFailed", 412, "At least one of the pre-conditions you specified did not hold"),
    ("ReplicationConfigurationNotFoundError", 404, "The replication configuration was not found"),
    (
        "RequestTimeTooSkewed",
        403,
        "The difference between the request time and the current time is too large.",
    ),
    (
        "SignatureDoesNotMatch",
        403,
        "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    ),
    ("UnexpectedContent", 400, ""),
    ("UnresolvableGrantByEmailAddress", 400, ""),
    (
        "XAmzContentSHA256Mismatch",
        400,
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_there_once_and_found_by_the_alphabet() {
        assert!(TABLE.is_sorted_by(|(before, ..), (after, ..)| before < after));
    }

    #[test]
    fn a_code_that_is_not_there_is_a_400_without_words() {
        assert_eq!(defaults("NoSuchKey").0, StatusCode::NOT_FOUND);
        assert_eq!(defaults("Unheard"), (StatusCode::BAD_REQUEST, ""));
    }
}
