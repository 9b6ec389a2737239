//! What a request tells of who made it, beside the access key.

use http::HeaderMap;
use http::request::Parts;

use crate::sigv4::Query;

/// What a request tells of who made it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sender {
    pub(crate) app_name: Option<String>,
    pub(crate) presigned: bool,
}

impl Sender {
    pub(crate) fn of(parts: &Parts) -> Self {
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        let presigned =
            ["X-Amz-Signature", "Signature"].iter().any(|name| query.get(name).is_some());
        Self { app_name: app_name(&parts.headers), presigned }
    }
}

/// `app/NAME` in either user agent: newer SDKs write it to the second ("Application ID", AWS SDKs and Tools Reference Guide).
fn app_name(headers: &HeaderMap) -> Option<String> {
    ["x-amz-user-agent", "user-agent"]
        .iter()
        .filter_map(|name| headers.get(*name)?.to_str().ok())
        .flat_map(|agent| agent.split(' '))
        .find_map(|part| Some(part.strip_prefix("app/")?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(uri: &str, agent: &str) -> Sender {
        let request = http::Request::builder().uri(uri).header("x-amz-user-agent", agent);
        Sender::of(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn the_name_of_an_app_is_a_word_of_the_user_agent() {
        let named = |agent| sender("/b/k", agent).app_name;
        assert_eq!(
            named("aws-sdk-rust/1.3 ua/2.1 app/shop lang/rust#1.95").as_deref(),
            Some("shop")
        );
        assert_eq!(named("aws-sdk-rust/1.3 webapp/x exec-env/app"), None);
    }

    #[test]
    fn a_presigned_url_signs_in_its_query() {
        assert!(sender("/b/k?X-Amz-Algorithm=x&X-Amz-Signature=0a", "").presigned);
        assert!(sender("/b/k?AWSAccessKeyId=A&Signature=b&Expires=1", "").presigned);
        assert!(!sender("/b/k?prefix=X-Amz-Signature", "").presigned);
    }
}
