//! The public address of an object behind CloudFront.

use std::fmt;

use url::Url;

use super::key::ObjectKey;
use super::url_path;

/// `CLOUDFRONT_DOMAIN`: a bare host name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CdnDomain(Url);

impl CdnDomain {
    /// Checks that `domain` is a host name of at least two labels (RFC 1123, section 2.1), without scheme, port and path.
    pub fn new(domain: &str) -> Result<Self, DomainError> {
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let labels = domain.split('.').count();
        let is_address = domain.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let domain_fits = domain.len() <= 253 && labels >= 2 && !is_address;
        if !domain_fits || !domain.split('.').all(label) {
            return Err(DomainError);
        }
        Url::parse(&format!("https://{domain}/")).map(Self).map_err(|_| DomainError)
    }

    /// The host name.
    pub fn as_str(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// `https://DOMAIN/KEY`, percent-encoded.
    pub(super) fn url(&self, whole_key: &ObjectKey) -> Url {
        let mut url = self.0.clone();
        url.set_path(&url_path::encode(whole_key.as_str()));
        url
    }
}

/// A text that is no bare host name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("domain is not a bare host name such as `d1234567890.cloudfront.net`")]
pub struct DomainError;

impl fmt::Display for CdnDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bare_host_names_are_domains() {
        for good in ["d1234567890.cloudfront.net", "cdn.example.org", "a.b", "CDN.example.org"] {
            assert_eq!(CdnDomain::new(good).unwrap().as_str(), good.to_lowercase());
        }
        for bad in [
            "",
            "localhost",
            "https://d1.cloudfront.net",
            "d1.cloudfront.net/",
            "a.b:443",
            "a..b",
            ".a.b",
            "a.b.",
            "-a.b",
            "a-.b",
            "a b.c",
            "user@a.b",
            "é.com",
            "10.0.0.1",
            "a_b.c",
            "xn--a.com",
        ] {
            assert!(CdnDomain::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn keys_are_percent_encoded() {
        let cdn = CdnDomain::new("cdn.example.org").unwrap();
        for (key, url) in [
            ("a/b.png", "https://cdn.example.org/a/b.png"),
            ("a b+c%?#.png", "https://cdn.example.org/a%20b%2Bc%25%3F%23.png"),
            ("ü/\u{1f980}", "https://cdn.example.org/%C3%BC/%F0%9F%A6%80"),
            ("a//b/", "https://cdn.example.org/a//b/"),
            ("%2e%2e/x", "https://cdn.example.org/%252e%252e/x"),
        ] {
            let key = ObjectKey::new(key).unwrap();
            assert_eq!(cdn.url(&key).as_str(), url);
        }
    }
}
