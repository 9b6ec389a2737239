//! Static website hosting of a bucket: stored and told; the sandbox has no website endpoint.
//!
//! Source: PutBucketWebsite, S3 API Reference.

use s3s::S3Response;
use s3s::dto::*;

use super::Cx;
use crate::fault::Fault;

/// The most routing rules of a configuration.
const MAX_RULES: usize = 50;

pub(super) async fn get(
    cx: Cx,
    input: GetBucketWebsiteInput,
) -> Result<S3Response<GetBucketWebsiteOutput>, Fault> {
    let website = cx.settings(&input.bucket, |settings| settings.website.clone())?;
    let website = website.ok_or_else(|| {
        Fault::new("NoSuchWebsiteConfiguration").field("BucketName", &input.bucket)
    })?;
    Ok(S3Response::new(GetBucketWebsiteOutput {
        error_document: website.error_document,
        index_document: website.index_document,
        redirect_all_requests_to: website.redirect_all_requests_to,
        routing_rules: website.routing_rules,
    }))
}

pub(super) async fn put(
    cx: Cx,
    input: PutBucketWebsiteInput,
) -> Result<S3Response<PutBucketWebsiteOutput>, Fault> {
    check(&input.website_configuration)?;
    cx.settings(&input.bucket, |settings| settings.website = Some(input.website_configuration))?;
    Ok(S3Response::new(PutBucketWebsiteOutput::default()))
}

pub(super) async fn delete(
    cx: Cx,
    input: DeleteBucketWebsiteInput,
) -> Result<S3Response<DeleteBucketWebsiteOutput>, Fault> {
    cx.settings(&input.bucket, |settings| settings.website = None)?;
    Ok(S3Response::new(DeleteBucketWebsiteOutput::default()))
}

/// Either everything is redirected, or there is an index document.
fn check(website: &WebsiteConfiguration) -> Result<(), Fault> {
    let invalid = |message: &'static str, name: &'static str, value: &str| {
        Fault::new("InvalidArgument")
            .message(message)
            .field("ArgumentName", name)
            .field("ArgumentValue", value)
    };
    if let Some(target) = &website.redirect_all_requests_to {
        if website.index_document.is_some()
            || website.error_document.is_some()
            || website.routing_rules.as_ref().is_some_and(|rules| !rules.is_empty())
        {
            return Err(invalid(
                "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.",
                "RedirectAllRequestsTo",
                "not null",
            ));
        }
        return check_protocol(target.protocol.as_ref());
    }
    let suffix = website.index_document.as_ref().map(|index| index.suffix.as_str());
    match suffix {
        None => {
            return Err(invalid(
                "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
                "IndexDocument",
                "null",
            ));
        }
        Some(suffix) if suffix.is_empty() || suffix.contains('/') => {
            return Err(invalid(
                "The IndexDocument Suffix is not well formed",
                "IndexDocument",
                suffix,
            ));
        }
        Some(_) => {}
    }
    let rules = website.routing_rules.as_deref().unwrap_or_default();
    if rules.len() > MAX_RULES {
        return Err(Fault::new("InvalidRequest").message(format!(
            "{} routing rules provided, the number of routing rules in a website configuration is limited to {MAX_RULES}.",
            rules.len()
        )));
    }
    for rule in rules {
        check_protocol(rule.redirect.protocol.as_ref())?;
        if rule.redirect.replace_key_with.is_some()
            && rule.redirect.replace_key_prefix_with.is_some()
        {
            return Err(Fault::new("InvalidRequest")
                .message("You can only define ReplaceKeyPrefix or ReplaceKey but not both."));
        }
    }
    Ok(())
}

fn check_protocol(protocol: Option<&Protocol>) -> Result<(), Fault> {
    match protocol.map(Protocol::as_str) {
        None | Some("http" | "https") => Ok(()),
        Some(_) => Err(Fault::new("InvalidRequest").message(
            "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected automatically.",
        )),
    }
}
