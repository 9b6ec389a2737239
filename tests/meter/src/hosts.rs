//! Which hosts are the target's, and how they name a bucket.

use http::Uri;

/// The target's hosts: AWS's own, and those of the endpoints that replace them.
#[derive(Debug)]
pub(crate) struct Hosts {
    /// Host and port of each endpoint.
    endpoints: Vec<String>,
}

/// How a request names its bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// First in the path.
    Path,
    /// In front of the host's own name.
    VirtualHosted,
}

impl Hosts {
    pub(crate) fn new<'a>(endpoints: impl IntoIterator<Item = &'a str>) -> Hosts {
        let authority = |url: &str| Some(url.parse::<Uri>().ok()?.authority()?.as_str().to_owned());
        Hosts { endpoints: endpoints.into_iter().filter_map(authority).collect() }
    }

    /// How a request to this host names its bucket, where it is one of S3.
    pub(crate) fn s3(&self, host: &str) -> Option<Style> {
        for endpoint in &self.endpoints {
            match host.strip_suffix(endpoint.as_str()) {
                Some("") => return Some(Style::Path),
                Some(bucket) if bucket.ends_with('.') => return Some(Style::VirtualHosted),
                _ => {}
            }
        }
        // The last label that can be it: a bucket's name may hold `s3` between dots, too.
        let labels: Vec<&str> = aws(host)?.split('.').collect();
        let is_s3 = |label: &&str| *label == "s3" || label.starts_with("s3-");
        match labels.iter().rposition(is_s3)? {
            0 => Some(Style::Path),
            _ => Some(Style::VirtualHosted),
        }
    }
}

/// The service that one of AWS's hosts belongs to, where it is not S3's.
pub(crate) fn service(host: &str) -> Option<&'static str> {
    let own = aws(host)?;
    [("bedrock", "bedrock"), ("runtime.sagemaker", "sagemaker"), ("sts", "sts"), ("iam", "iam")]
        .into_iter()
        .find(|(begin, _)| own.starts_with(begin))
        .map(|(_, service)| service)
}

/// A host of AWS without the partition's suffix and the port.
fn aws(host: &str) -> Option<&str> {
    let host = host.split(':').next()?;
    host.strip_suffix(".amazonaws.com").or_else(|| host.strip_suffix(".amazonaws.com.cn"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_tells_where_the_bucket_stands() {
        use Style::{Path, VirtualHosted};
        let hosts = Hosts::new(["http://127.0.0.1:9000", "https://storage.example/base"]);
        for (host, style) in [
            ("127.0.0.1:9000", Some(Path)),
            ("127.0.0.1:9001", None),
            ("7.0.0.1:9000", None),
            ("b.127.0.0.1:9000", Some(VirtualHosted)),
            ("storage.example", Some(Path)),
            ("a.b.storage.example", Some(VirtualHosted)),
            ("mystorage.example", None),
            ("s3.amazonaws.com", Some(Path)),
            ("s3.eu-central-1.amazonaws.com", Some(Path)),
            ("s3.eu-central-1.amazonaws.com:443", Some(Path)),
            ("s3-us-west-2.amazonaws.com", Some(Path)),
            ("b.s3.eu-central-1.amazonaws.com", Some(VirtualHosted)),
            ("a.s3.b.s3.dualstack.us-west-2.amazonaws.com", Some(VirtualHosted)),
            ("b.s3-accelerate.amazonaws.com", Some(VirtualHosted)),
            ("b.s3.cn-north-1.amazonaws.com.cn", Some(VirtualHosted)),
            ("bedrock-runtime.us-east-1.amazonaws.com", None),
            ("d111111abcdef8.cloudfront.net", None),
            ("169.254.169.254", None),
        ] {
            assert_eq!(hosts.s3(host), style, "{host}");
        }
    }

    #[test]
    fn a_host_tells_its_service() {
        for (host, expected) in [
            ("bedrock-runtime.us-east-1.amazonaws.com", Some("bedrock")),
            ("bedrock.us-east-1.amazonaws.com", Some("bedrock")),
            ("runtime.sagemaker.eu-west-1.amazonaws.com", Some("sagemaker")),
            ("sts.cn-north-1.amazonaws.com.cn", Some("sts")),
            ("portal.sso.us-east-1.amazonaws.com", None),
            ("127.0.0.1:9000", None),
        ] {
            assert_eq!(service(host), expected, "{host}");
        }
    }
}
