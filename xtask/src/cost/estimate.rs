//! From calls to dollars.

use std::collections::{BTreeMap, BTreeSet};

use contract::calls::{self, CallCount, Calls};
use sandbox::staged::{Family, Staged};

use super::prices::{Prices, S3Prices, id_of};
use super::{Cost, OWN_SHARE, Spending};

/// A GB of a bill ("Amazon S3 FAQs", the examples of data transfer).
const GB: f64 = 1_073_741_824.0;

/// What calls cost by the prices of `region`; `billed` where the target sends a bill.
pub(crate) fn estimate(spending: &Spending, region: &str, billed: bool) -> Cost {
    let mut sums = Sums::new(region);
    for (test, calls) in &spending.by_test {
        sums.add(test.suite(), calls);
    }
    sums.add(OWN_SHARE, &spending.own);
    sums.into_cost(billed)
}

struct Sums<'a> {
    prices: Prices,
    region: &'a str,
    by_suite: BTreeMap<String, Option<f64>>,
    by_service: BTreeMap<String, Option<f64>>,
    /// What has no price, in words.
    unknown: BTreeSet<String>,
    /// What is not in the sums, in words.
    left_out: BTreeSet<&'static str>,
}

impl<'a> Sums<'a> {
    fn new(region: &'a str) -> Sums<'a> {
        Sums {
            prices: Prices::read(),
            region,
            by_suite: BTreeMap::new(),
            by_service: BTreeMap::new(),
            unknown: BTreeSet::new(),
            left_out: BTreeSet::new(),
        }
    }

    fn add(&mut self, suite: &str, calls: &Calls) {
        self.by_suite.entry(suite.to_owned()).or_insert(Some(0.0));
        for (key, count) in &calls.0 {
            let dollars = match self.price(key, count) {
                Ok(dollars) => Some(dollars),
                Err(why) => {
                    self.unknown.insert(why);
                    None
                }
            };
            let service = key.split(':').next().unwrap_or(key);
            let service = self.by_service.entry(service.to_owned()).or_insert(Some(0.0));
            *service = plus(*service, dollars);
            if let Some(sum) = self.by_suite.get_mut(suite) {
                *sum = plus(*sum, dollars);
            }
        }
    }

    /// # Errors
    /// Says in words why there is no price.
    fn price(&mut self, key: &str, count: &CallCount) -> Result<f64, String> {
        let (operation, model) = calls::parts(key);
        match operation.split_once(':').unwrap_or((operation, "")) {
            ("s3", operation) => {
                let prices = self.prices.s3(self.region);
                let prices = prices.ok_or_else(|| format!("no prices for `{}`", self.region))?;
                Ok(s3(operation, count, prices))
            }
            ("bedrock", _) => match model {
                Some(model) => self.model(model, count),
                // The control plane.
                None => Ok(0.0),
            },
            ("sagemaker", _) => {
                self.left_out.insert(
                    "the hours of a SageMaker endpoint are not in it, which are billed as long as it is up; its calls cost nothing",
                );
                Ok(0.0)
            }
            ("sts" | "iam", _) => Ok(0.0),
            (service, _) => Err(format!("no prices for the service `{service}`")),
        }
    }

    fn model(&mut self, model: &str, count: &CallCount) -> Result<f64, String> {
        if is_staged(id_of(model)) {
            self.left_out.insert("staged models are not in it: AWS has none");
            return Ok(0.0);
        }
        if count.untold > 0 {
            return Err(format!(
                "{} of the calls of `{model}` did not tell their tokens",
                count.untold
            ));
        }
        if count.input_tokens + count.output_tokens == 0 {
            return Ok(0.0);
        }
        let prices = self.prices.model(model, self.region);
        let prices =
            prices.ok_or_else(|| format!("no prices for `{model}` in `{}`", self.region))?;
        let thousands = |tokens: u64| tokens as f64 / 1000.0;
        Ok(thousands(count.input_tokens) * prices.input
            + thousands(count.output_tokens) * prices.output)
    }

    fn into_cost(self, billed: bool) -> Cost {
        let total = self.by_suite.values().copied().fold(Some(0.0), plus);
        let standing = [
            "rather too high: every request and every byte counts as if nothing were free; AWS bills no 5xx and not every 3xx and 4xx, nor transfer within a region",
            "the minutes that objects are stored, and requests to CloudFront, are not in it",
        ];
        let notes = self.unknown.into_iter();
        let notes = notes.chain(self.left_out.into_iter().chain(standing).map(ToOwned::to_owned));
        Cost {
            total,
            by_suite: self.by_suite,
            by_service: self.by_service,
            notes: notes.collect(),
            region: self.region.to_owned(),
            prices_of: self.prices.date,
            billed,
        }
    }
}

/// What is not known stays so whatever is added.
fn plus(sum: Option<f64>, more: Option<f64>) -> Option<f64> {
    Some(sum? + more?)
}

fn s3(operation: &str, count: &CallCount, prices: &S3Prices) -> f64 {
    let thousands = count.requests as f64 / 1000.0;
    let requests = match Tier::of(operation) {
        Tier::Free => 0.0,
        Tier::Put => thousands * prices.put,
        Tier::Get => thousands * prices.get,
    };
    requests + count.received_bytes as f64 / GB * prices.transfer
}

/// What a request of S3 is billed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tier {
    Free,
    Put,
    Get,
}

impl Tier {
    /// Source: "Amazon S3 pricing", "PUT, COPY, POST, LIST requests", "GET, SELECT, and all other
    /// requests", "DELETE and CANCEL requests are free"; a DeleteObjects is a POST on the wire, and
    /// billed as a delete.
    fn of(operation: &str) -> Tier {
        let begins = |names: &[&str]| names.iter().any(|name| operation.starts_with(name));
        if begins(&["Delete", "Abort"]) {
            Tier::Free
        } else if begins(&["Get", "Head", "Select", "Preflight"]) {
            Tier::Get
        } else {
            // What is not known among them, which is the dearer guess.
            Tier::Put
        }
    }
}

fn is_staged(id: &str) -> bool {
    Staged::ALL.iter().any(|staged| Family::ALL.iter().any(|family| staged.model_id(*family) == id))
}

#[cfg(test)]
mod tests {
    use contract::TestId;

    use super::*;

    fn calls(counts: &[(&str, CallCount)]) -> Calls {
        Calls(counts.iter().map(|(key, count)| ((*key).to_owned(), *count)).collect())
    }

    fn requests(requests: u64) -> CallCount {
        CallCount { requests, ..CallCount::default() }
    }

    fn of_one(counts: &[(&str, CallCount)], region: &str) -> Cost {
        let by_test = [(TestId::new("tests::suites", "suite::test"), calls(counts))].into();
        estimate(&Spending { by_test, own: Calls::default() }, region, true)
    }

    /// Nothing is lost beyond the tenth digit.
    fn assert_dollars(known: Option<f64>, expected: f64) {
        let known = known.unwrap();
        assert!((known - expected).abs() < 1e-10, "{known} is not {expected}");
    }

    #[test]
    fn requests_bytes_and_tokens_are_priced() {
        let tokens = CallCount { input_tokens: 2000, output_tokens: 1000, ..requests(1) };
        for (key, count, expected) in [
            ("s3:PutObject", requests(1000), 0.005),
            ("s3:ListObjectsV2", requests(200), 0.001),
            ("s3:UploadPart", requests(1000), 0.005),
            ("s3:CompleteMultipartUpload", requests(1000), 0.005),
            ("s3:Unknown", requests(1000), 0.005),
            ("s3:GetObject", requests(1000), 0.0004),
            ("s3:HeadBucket", requests(1000), 0.0004),
            ("s3:GetObject", CallCount { received_bytes: 1 << 30, ..requests(0) }, 0.09),
            ("s3:DeleteObject", requests(1000), 0.0),
            ("s3:DeleteObjects", requests(1000), 0.0),
            ("s3:AbortMultipartUpload", requests(1000), 0.0),
            ("sts:GetCallerIdentity", requests(1000), 0.0),
            ("iam:SimulatePrincipalPolicy", requests(1000), 0.0),
            ("sagemaker:InvokeEndpoint", requests(1000), 0.0),
            ("bedrock:GetFoundationModelAvailability", requests(9), 0.0),
            ("bedrock:InvokeModel amazon.nova-micro-v1:0", tokens, 0.00021),
            ("bedrock:InvokeModel amazon.sandbox-slow-v1:0", tokens, 0.0),
        ] {
            let cost = of_one(&[(key, count)], "us-east-1");
            assert_dollars(cost.total, expected);
            assert_eq!(cost.by_service[key.split(':').next().unwrap()], cost.total, "{key}");
        }
        let frankfurt = of_one(&[("s3:PutObject", requests(1000))], "eu-central-1");
        assert_dollars(frankfurt.total, 0.0054);
    }

    #[test]
    fn what_is_not_known_is_neither_zero_nor_left_out() {
        let tokens = CallCount { input_tokens: 1, ..requests(1) };
        let untold = CallCount { untold: 1, ..requests(3) };
        for (key, count, region, note) in [
            ("s3:PutObject", requests(1), "xx-north-1", "no prices for `xx-north-1`"),
            (
                "bedrock:InvokeModel some.model-v1:0",
                tokens,
                "us-east-1",
                "no prices for `some.model-v1:0` in `us-east-1`",
            ),
            (
                "bedrock:InvokeModel amazon.nova-micro-v1:0",
                untold,
                "us-east-1",
                "1 of the calls of `amazon.nova-micro-v1:0` did not tell their tokens",
            ),
            ("polly:Unknown", requests(1), "us-east-1", "no prices for the service `polly`"),
        ] {
            // Something that is known beside it changes nothing.
            let cost = of_one(&[("iam:GetRole", requests(1)), (key, count)], region);
            assert_eq!((cost.total, cost.by_suite["suite"]), (None, None), "{key}");
            assert_eq!(cost.by_service[key.split(':').next().unwrap()], None, "{key}");
            assert_eq!(cost.by_service["iam"], Some(0.0));
            assert_eq!(cost.notes[0], note);
        }
        // What was refused has cost no tokens, whatever they are worth.
        let refused = of_one(&[("bedrock:InvokeModel some.model-v1:0", requests(2))], "us-east-1");
        assert_eq!(refused.total, Some(0.0));
    }

    #[test]
    fn shares_add_up() {
        let puts = |suite: &str, count| {
            let test = TestId::new("tests::suites", format!("{suite}::test"));
            (test, calls(&[("s3:PutObject", requests(count))]))
        };
        let own = calls(&[("s3:GetObject", requests(1000))]);
        let spending = Spending { by_test: [puts("a", 1000), puts("b", 2000)].into(), own };
        let cost = estimate(&spending, "us-east-1", false);
        for (suite, dollars) in [("a", 0.005), ("b", 0.01), (OWN_SHARE, 0.0004)] {
            assert_dollars(cost.by_suite[suite], dollars);
        }
        assert_dollars(cost.total, 0.0154);
        assert_dollars(cost.by_service["s3"], 0.0154);
    }
}
