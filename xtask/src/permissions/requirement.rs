//! One thing that IAM has to allow, with placeholders for what differs from account to account.
//!
//! As text it is one line, `ACTION RESOURCE`, or `ACTION RESOURCE prefix=KEYS` for a listing that
//! asks for a prefix. [`Requirement`]'s `Display` and `parse` are each other's inverse.

use std::fmt;

use contract::{Root, buckets};

/// An action on a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Requirement {
    /// The IAM action, `s3:GetObject`.
    pub(crate) action: String,
    /// What it is done on.
    pub(crate) resource: Resource,
    /// Of a listing: the prefix that it asks for, which a policy can hold it to (`s3:prefix`).
    /// `None` where it asks for all, and where no prefix can be asked for: HeadBucket, and the 404 of
    /// a missing object, which only those are told who may list.
    pub(crate) prefix: Option<Keys>,
}

/// What an action is done on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Resource {
    /// `*`: the action knows no resource.
    Everything,
    /// A bucket of the app.
    Bucket(Bucket),
    /// Objects in a bucket of the app.
    Objects(Bucket, Keys),
    /// The model that the tests may invoke, `{bedrock-model}`; with an inference profile it is several
    /// ARNs.
    BedrockModel,
    /// The endpoint that the tests may invoke, `{sagemaker-endpoint}`.
    SageMakerEndpoint,
    /// Each model of the app's catalogue, `{catalogue-models}`.
    CatalogueModels,
    /// Each endpoint of the app's catalogue, `{catalogue-endpoints}`.
    CatalogueEndpoints,
    /// The user or the role that asks, `{caller}`: of IAM, what may be said of oneself.
    Caller,
    /// Any other ARN. May hold `{region}` and `{account}`.
    Other(String),
}

/// A bucket of the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Bucket {
    /// Each of them, `{bucket}`: for those who treat all alike.
    Each,
    /// The one of a purpose (`contract::buckets`), `{uploads}`.
    Of(&'static str),
}

/// Which keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Keys {
    /// Those below a root of the tests, `test/*`.
    Below(Root),
    /// Those below the app's `S3_KEY_PREFIX`, `{key-prefix}*`: all, where it has none.
    BelowKeyPrefix,
    /// This one, or those that begin with it, where it is a listing's prefix.
    Exactly(String),
}

const ARN_OF_BUCKETS: &str = "arn:aws:s3:::";

impl Requirement {
    /// Reads one line.
    ///
    /// # Errors
    /// Says what is expected.
    pub(crate) fn parse(line: &str) -> Result<Requirement, String> {
        let mut words = line.split(' ');
        let (Some(action), Some(resource)) = (words.next(), words.next()) else {
            return Err("expected `ACTION RESOURCE`".to_owned());
        };
        let prefix = match words.next().map(|word| word.strip_prefix("prefix=")) {
            None => None,
            Some(Some(keys)) if !keys.is_empty() => Some(Keys::parse(keys)?),
            Some(_) => return Err("expected `prefix=KEYS` behind the resource".to_owned()),
        };
        if words.next().is_some() {
            return Err("expected no more than `ACTION RESOURCE prefix=KEYS`".to_owned());
        }
        let is_name =
            |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric());
        if !action.split_once(':').is_some_and(|(service, name)| is_name(service) && is_name(name))
        {
            return Err(format!("`{action}` is no action such as `s3:GetObject`"));
        }
        Ok(Requirement { action: action.to_owned(), resource: Resource::parse(resource)?, prefix })
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.action, self.resource)?;
        match &self.prefix {
            Some(prefix) => write!(f, " prefix={prefix}"),
            None => Ok(()),
        }
    }
}

impl Resource {
    /// Whether it is known only to who has read the app's catalogue.
    pub(crate) fn is_of_catalogue(&self) -> bool {
        matches!(self, Resource::CatalogueModels | Resource::CatalogueEndpoints)
    }

    fn parse(text: &str) -> Result<Resource, String> {
        match text {
            "*" => return Ok(Resource::Everything),
            "{bedrock-model}" => return Ok(Resource::BedrockModel),
            "{sagemaker-endpoint}" => return Ok(Resource::SageMakerEndpoint),
            "{catalogue-models}" => return Ok(Resource::CatalogueModels),
            "{catalogue-endpoints}" => return Ok(Resource::CatalogueEndpoints),
            "{caller}" => return Ok(Resource::Caller),
            _ => {}
        }
        let Some(rest) = text.strip_prefix(ARN_OF_BUCKETS).filter(|rest| rest.starts_with('{'))
        else {
            return match text.starts_with("arn:") {
                true => Ok(Resource::Other(decode(text)?)),
                false => Err(format!("`{text}` is no resource")),
            };
        };
        let (bucket, keys) = match rest.split_once('/') {
            Some((bucket, keys)) => (bucket, Some(keys)),
            None => (rest, None),
        };
        let bucket = Bucket::parse(bucket)?;
        Ok(match keys {
            Some(keys) => Resource::Objects(bucket, Keys::parse(keys)?),
            None => Resource::Bucket(bucket),
        })
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Resource::Everything => f.write_str("*"),
            Resource::Bucket(bucket) => write!(f, "{ARN_OF_BUCKETS}{bucket}"),
            Resource::Objects(bucket, keys) => write!(f, "{ARN_OF_BUCKETS}{bucket}/{keys}"),
            Resource::BedrockModel => f.write_str("{bedrock-model}"),
            Resource::SageMakerEndpoint => f.write_str("{sagemaker-endpoint}"),
            Resource::CatalogueModels => f.write_str("{catalogue-models}"),
            Resource::CatalogueEndpoints => f.write_str("{catalogue-endpoints}"),
            Resource::Caller => f.write_str("{caller}"),
            Resource::Other(arn) => f.write_str(&encode(arn)),
        }
    }
}

impl Bucket {
    fn parse(text: &str) -> Result<Bucket, String> {
        let name = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
        let purpose = || buckets::ALL.iter().find(|bucket| Some(bucket.purpose) == name);
        match (name, purpose()) {
            (Some("bucket"), _) => Ok(Bucket::Each),
            (_, Some(bucket)) => Ok(Bucket::Of(bucket.purpose)),
            _ => Err(format!("`{text}` is no bucket of the app such as `{{uploads}}`")),
        }
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Bucket::Each => f.write_str("{bucket}"),
            Bucket::Of(purpose) => write!(f, "{{{purpose}}}"),
        }
    }
}

impl Keys {
    fn parse(text: &str) -> Result<Keys, String> {
        let root = || Root::ALL.into_iter().find(|root| text == format!("{}*", root.as_str()));
        match (text, root()) {
            ("{key-prefix}*", _) => Ok(Keys::BelowKeyPrefix),
            (_, Some(root)) => Ok(Keys::Below(root)),
            _ => Ok(Keys::Exactly(decode(text)?)),
        }
    }
}

impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Keys::Below(root) => write!(f, "{}*", root.as_str()),
            Keys::BelowKeyPrefix => f.write_str("{key-prefix}*"),
            // A key may end as a pattern does.
            Keys::Exactly(key) => f.write_str(&encode(key).replace('*', "%2A")),
        }
    }
}

/// The placeholders of [`Resource::Other`] stay as they are; what a line or a placeholder could be
/// mistaken for is percent-encoded.
fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for char in text.replace("{region}", "\u{1}").replace("{account}", "\u{2}").chars() {
        match char {
            '\u{1}' => encoded.push_str("{region}"),
            '\u{2}' => encoded.push_str("{account}"),
            '%' | '{' | '}' => encoded.push_str(&format!("%{:02X}", u32::from(char))),
            _ if char.is_whitespace() || char.is_control() => {
                let mut bytes = [0; 4];
                let bytes = char.encode_utf8(&mut bytes).bytes();
                encoded.extend(bytes.map(|byte| format!("%{byte:02X}")));
            }
            _ => encoded.push(char),
        }
    }
    encoded
}

fn decode(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, encoded)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let digits = encoded.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let Some(byte) = digits else {
            return Err(format!("`{text}` has a `%` without two hexadecimal digits"));
        };
        bytes.push(byte);
        rest = &encoded[2..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).map_err(|_| format!("`{text}` is not percent-encoded UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_back_as_it_was_written() {
        for line in [
            "s3:ListAllMyBuckets *",
            "s3:ListBucket arn:aws:s3:::{uploads}",
            "s3:ListBucket arn:aws:s3:::{bucket} prefix=test/*",
            "s3:ListBucket arn:aws:s3:::{bucket} prefix={key-prefix}*",
            "s3:ListBucketVersions arn:aws:s3:::{landing-pages} prefix=tes",
            "s3:GetObject arn:aws:s3:::{creatives}/perf-test/*",
            "s3:GetObject arn:aws:s3:::{bucket}/{key-prefix}*",
            "s3:GetObject arn:aws:s3:::{uploads}/beside%20the/roots%0A%7Bx%7D%2A",
            "s3:GetObject arn:aws:s3:::somebody-elses/key",
            "bedrock:InvokeModel {bedrock-model}",
            "bedrock:InvokeModel {catalogue-models}",
            "bedrock:InvokeModel arn:aws:bedrock:{region}::foundation-model/amazon.x-v1:0",
            "sagemaker:InvokeEndpoint {sagemaker-endpoint}",
            "sagemaker:InvokeEndpoint {catalogue-endpoints}",
            "sagemaker:InvokeEndpoint arn:aws:sagemaker:{region}:{account}:endpoint/other",
        ] {
            assert_eq!(Requirement::parse(line).unwrap().to_string(), line);
        }
    }

    #[test]
    fn any_key_is_one_word_and_no_placeholder() {
        for key in ["a b", "a\nb", "{key-prefix}*", "test/*", "100%", "ü\u{a0}\u{85}", ""] {
            let keys = Keys::Exactly(key.to_owned());
            let text = keys.to_string();
            assert!(!text.contains(char::is_whitespace), "{text}");
            assert_eq!(Keys::parse(&text).unwrap(), keys);
        }
    }

    #[test]
    fn what_is_no_requirement_is_refused() {
        for line in [
            "",
            "s3:GetObject",
            "GetObject *",
            "s3:Get/Object *",
            "s3:GetObject uploads/x",
            "s3:GetObject {uploads}",
            "s3:GetObject arn:aws:s3:::{nothing}/x",
            "s3:GetObject arn:aws:s3:::{uploads}/%zz",
            "s3:ListBucket arn:aws:s3:::{uploads} test/*",
            "s3:ListBucket arn:aws:s3:::{uploads} prefix=",
            "s3:ListBucket arn:aws:s3:::{uploads} prefix=a b",
        ] {
            assert!(Requirement::parse(line).is_err(), "{line}");
        }
    }
}
