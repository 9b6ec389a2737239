//! The tag that says whose a bucket is.

use aws_sdk_s3::types::{Tag, Tagging};

use super::{Change, Plan};
use crate::aws::{Aws, AwsError};
use crate::bucket::{self, TAG_KEY, TAG_VALUE, Tags};

/// The tags of a bucket; `None` where the server has none.
pub(super) async fn read(aws: &Aws, bucket: &str) -> Result<Option<Vec<Tag>>, AwsError> {
    Ok(match bucket::tags(aws, bucket).await? {
        Tags::Known(tags) => Some(tags),
        Tags::NotSupported => None,
    })
}

/// Adds our tag to those that are there: PutBucketTagging replaces the whole set, and AWS wants its
/// own `aws:` tags back as they were.
pub(super) fn plan(current: Option<Vec<Tag>>) -> Plan {
    let Some(mut tags) = current else { return Plan::NotSupported };
    let ours = format!("{TAG_KEY}={TAG_VALUE}");
    let detail = match tags.iter_mut().find(|tag| tag.key == TAG_KEY) {
        Some(tag) if tag.value == TAG_VALUE => {
            let others = tags.len() - 1;
            return Plan::Unchanged(match others {
                0 => ours,
                _ => format!("{ours}; tags of others: {others}"),
            });
        }
        Some(tag) => {
            let before = std::mem::replace(&mut tag.value, TAG_VALUE.to_owned());
            format!("{ours} instead of {TAG_KEY}={before}")
        }
        None => {
            tags.push(our_tag());
            ours
        }
    };
    let kept = tags.len() - 1;
    let detail = if kept == 0 { detail } else { format!("{detail}; tags of others kept: {kept}") };
    Plan::Change(Change::Tags(tags), detail)
}

/// Replaces all tags.
pub(super) async fn write(aws: &Aws, bucket: &str, tags: &[Tag]) -> Result<(), AwsError> {
    // The builder wants a tag set and is given one.
    let tagging = Tagging::builder().set_tag_set(Some(tags.to_vec())).build().ok();
    let put = aws.s3.put_bucket_tagging().bucket(bucket).set_tagging(tagging);
    match put.set_expected_bucket_owner(aws.expected_owner()).send().await {
        Ok(_) => Ok(()),
        Err(error) => Err(AwsError::new("s3:PutBucketTagging", bucket, error)),
    }
}

/// The tag that `setup` puts on its buckets.
pub(in crate::setup) fn our_tag() -> Tag {
    let tag = Tag::builder().key(TAG_KEY).value(TAG_VALUE).build();
    tag.expect("a tag with key and value is complete")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> Tag {
        Tag::builder().key(key).value(value).build().unwrap()
    }

    fn pairs(plan: Plan) -> Vec<(String, String)> {
        let Plan::Change(Change::Tags(tags), _) = plan else { panic!("no change: {plan:?}") };
        tags.into_iter().map(|tag| (tag.key, tag.value)).collect()
    }

    #[test]
    fn other_tags_keep_their_place_and_value() {
        let merged = pairs(plan(Some(vec![tag("team", "a"), tag("aws:stack", "b")])));
        let merged: Vec<_> = merged.iter().map(|(key, value)| (&**key, &**value)).collect();
        assert_eq!(merged, [("team", "a"), ("aws:stack", "b"), (TAG_KEY, TAG_VALUE)]);
    }

    #[test]
    fn our_tag_is_not_written_twice() {
        let current = vec![our_tag(), tag("team", "a")];
        assert!(matches!(plan(Some(current)), Plan::Unchanged(_)));
        assert!(matches!(plan(None), Plan::NotSupported));
    }

    #[test]
    fn a_value_of_somebody_else_is_named_before_it_is_replaced() {
        let current = Some(vec![tag(TAG_KEY, "terraform")]);
        let Plan::Change(Change::Tags(tags), detail) = plan(current) else { panic!("no change") };
        assert_eq!(tags, [our_tag()]);
        assert!(detail.contains("instead of cargo-xtask=terraform"), "{detail}");
    }
}
