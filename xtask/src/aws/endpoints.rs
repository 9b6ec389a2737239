//! Where each service is asked: at AWS's own endpoints, or where a variable says.

use anyhow::{Result, anyhow};

use crate::config::Config;
use crate::error::Hint as _;

/// Endpoints that replace AWS's own.
#[derive(Debug, Clone, Default)]
pub(super) struct Endpoints {
    pub(super) s3: Option<String>,
    pub(super) sts: Option<String>,
    iam: Option<String>,
    bedrock: Option<String>,
    bedrock_runtime: Option<String>,
    sagemaker_runtime: Option<String>,
}

/// A service that we ask without an SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// IAM, which has one endpoint for a whole partition.
    Iam,
    /// Bedrock's control plane.
    Bedrock,
    /// Bedrock's models.
    BedrockRuntime,
    /// SageMaker's endpoints.
    SageMakerRuntime,
}

/// Where to send a request, and what to sign it for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) url: String,
    pub(super) region: String,
    pub(super) signing_name: &'static str,
}

impl Endpoints {
    /// Reads the variables.
    ///
    /// # Errors
    /// Names the variable that is no URL.
    pub(super) fn of(config: &Config) -> Result<Endpoints> {
        if config.is_on("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") {
            return Ok(Endpoints::default());
        }
        let endpoint = |service_variable: &str| -> Result<Option<String>> {
            for variable in [service_variable, "AWS_ENDPOINT_URL"] {
                let Some(value) = config.get(variable) else { continue };
                let host = value.strip_prefix("http://").or_else(|| value.strip_prefix("https://"));
                if host.is_none_or(|host| host.trim_end_matches('/').is_empty()) {
                    return Err(anyhow!("`{variable}` is `{value}`, which is no URL of a server"))
                        .hint(format_args!("export {variable}=http://127.0.0.1:9000"));
                }
                return Ok(Some(value.trim_end_matches('/').to_owned()));
            }
            Ok(None)
        };
        Ok(Endpoints {
            s3: endpoint("AWS_ENDPOINT_URL_S3")?,
            sts: endpoint("AWS_ENDPOINT_URL_STS")?,
            iam: endpoint("AWS_ENDPOINT_URL_IAM")?,
            bedrock: endpoint("AWS_ENDPOINT_URL_BEDROCK")?,
            bedrock_runtime: endpoint("AWS_ENDPOINT_URL_BEDROCK_RUNTIME")?,
            sagemaker_runtime: endpoint("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME")?,
        })
    }

    /// One server for everything.
    pub(super) fn all_at(url: &str) -> Endpoints {
        let url = Some(url.to_owned());
        Endpoints {
            s3: url.clone(),
            sts: url.clone(),
            iam: url.clone(),
            bedrock: url.clone(),
            bedrock_runtime: url.clone(),
            sagemaker_runtime: url,
        }
    }

    /// Every one of them.
    pub(super) fn urls(&self) -> impl Iterator<Item = &str> {
        let Endpoints { s3, sts, iam, bedrock, bedrock_runtime, sagemaker_runtime } = self;
        let all = [s3, sts, iam, bedrock, bedrock_runtime, sagemaker_runtime];
        all.into_iter().filter_map(|url| url.as_deref())
    }

    /// What a profile says, where no variable does.
    pub(super) fn or(self, url: Option<&str>) -> Endpoints {
        let Some(url) = url else { return self };
        let all = Endpoints::all_at(url.trim_end_matches('/'));
        Endpoints {
            s3: self.s3.or(all.s3),
            sts: self.sts.or(all.sts),
            iam: self.iam.or(all.iam),
            bedrock: self.bedrock.or(all.bedrock),
            bedrock_runtime: self.bedrock_runtime.or(all.bedrock_runtime),
            sagemaker_runtime: self.sagemaker_runtime.or(all.sagemaker_runtime),
        }
    }

    /// Where a service is asked in a region; `None` where AWS's endpoint is not known, as in the
    /// partitions that few can reach.
    ///
    /// Source: "Service endpoints", AWS General Reference, for each of the four.
    pub(super) fn place(&self, service: Service, region: &str) -> Option<Place> {
        let (own, signing_name) = match service {
            Service::Iam => (&self.iam, "iam"),
            Service::Bedrock => (&self.bedrock, "bedrock"),
            Service::BedrockRuntime => (&self.bedrock_runtime, "bedrock"),
            Service::SageMakerRuntime => (&self.sagemaker_runtime, "sagemaker"),
        };
        let partition = Partition::of(region)?;
        let region = match service {
            Service::Iam => partition.iam_region,
            _ => region,
        };
        let url = own.clone().unwrap_or_else(|| {
            let suffix = partition.suffix;
            match service {
                Service::Iam => format!("https://{}", partition.iam_host),
                Service::Bedrock => format!("https://bedrock.{region}.{suffix}"),
                Service::BedrockRuntime => format!("https://bedrock-runtime.{region}.{suffix}"),
                Service::SageMakerRuntime => format!("https://runtime.sagemaker.{region}.{suffix}"),
            }
        });
        Some(Place { url, region: region.to_owned(), signing_name })
    }
}

struct Partition {
    suffix: &'static str,
    iam_host: &'static str,
    iam_region: &'static str,
}

impl Partition {
    fn of(region: &str) -> Option<Partition> {
        let (suffix, iam_host, iam_region) = match crate::permissions::partition(region) {
            "aws" => ("amazonaws.com", "iam.amazonaws.com", "us-east-1"),
            "aws-cn" => ("amazonaws.com.cn", "iam.cn-north-1.amazonaws.com.cn", "cn-north-1"),
            "aws-us-gov" => ("amazonaws.com", "iam.us-gov.amazonaws.com", "us-gov-west-1"),
            _ => return None,
        };
        Some(Partition { suffix, iam_host, iam_region })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_is_asked_at_its_own_endpoint() {
        let url = |service, region| {
            let place = Endpoints::default().place(service, region)?;
            Some(format!("{} {} {}", place.url, place.region, place.signing_name))
        };
        let table = [
            (Service::Iam, "eu-central-1", "https://iam.amazonaws.com us-east-1 iam"),
            (
                Service::Iam,
                "cn-northwest-1",
                "https://iam.cn-north-1.amazonaws.com.cn cn-north-1 iam",
            ),
            (
                Service::Bedrock,
                "us-west-2",
                "https://bedrock.us-west-2.amazonaws.com us-west-2 bedrock",
            ),
            (
                Service::BedrockRuntime,
                "us-gov-west-1",
                "https://bedrock-runtime.us-gov-west-1.amazonaws.com us-gov-west-1 bedrock",
            ),
            (
                Service::SageMakerRuntime,
                "eu-central-1",
                "https://runtime.sagemaker.eu-central-1.amazonaws.com eu-central-1 sagemaker",
            ),
        ];
        for (service, region, expected) in table {
            assert_eq!(url(service, region).as_deref(), Some(expected));
        }
        assert_eq!(url(Service::Iam, "us-iso-east-1"), None);
    }

    #[test]
    fn a_variable_of_the_service_beats_the_one_for_all() {
        let config = Config::of(
            &[("AWS_ENDPOINT_URL", "http://all"), ("AWS_ENDPOINT_URL_IAM", "http://iam/")],
            &[],
        );
        let endpoints = Endpoints::of(&config).unwrap();
        let url = |service| endpoints.place(service, "eu-central-1").unwrap().url;
        assert_eq!(url(Service::Iam), "http://iam");
        assert_eq!(url(Service::Bedrock), "http://all");
    }
}
