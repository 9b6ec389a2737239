//! A cost as it is shown.

use std::fmt;

use super::Cost;

impl fmt::Display for Cost {
    /// In one line, without its notes: `about $0.0004 on AWS in us-east-1 (S3 $0.0004)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.billed {
            f.write_str("nothing here; on AWS ")?;
        }
        match self.total {
            Some(total) => write!(f, "about {} in {}", Dollars(total), self.region)?,
            None => write!(f, "not known in {}", self.region)?,
        }
        // What costs nothing anywhere says nothing.
        let mut opening = " (";
        for (service, dollars) in self.by_service.iter().filter(|(_, share)| **share != Some(0.0)) {
            write!(f, "{opening}{} {}", name(service), share(*dollars))?;
            opening = ", ";
        }
        if opening == ", " { f.write_str(")") } else { Ok(()) }
    }
}

/// A cost as a sentence of its own.
pub(crate) fn sentence(cost: &Cost) -> String {
    let text = cost.to_string();
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(chars).chain(['.']).collect()
}

impl Cost {
    /// A line for each suite, and for `xtask` itself: `s3_integration  $0.0003`.
    pub(crate) fn by_suite_in_words(&self) -> impl Iterator<Item = (&str, String)> {
        self.by_suite.iter().map(|(suite, dollars)| (suite.as_str(), share(*dollars)))
    }
}

/// An amount, where it is known.
pub(crate) fn share(dollars: Option<f64>) -> String {
    dollars.map_or_else(|| "not known".to_owned(), |dollars| Dollars(dollars).to_string())
}

/// A service as people call it.
fn name(service: &str) -> &str {
    match service {
        "s3" => "S3",
        "bedrock" => "Bedrock",
        "sagemaker" => "SageMaker",
        "sts" => "STS",
        "iam" => "IAM",
        other => other,
    }
}

/// An amount: `$0.0004`, from a dollar on with cents only. What is not nothing is not shown as such.
pub(super) struct Dollars(pub(super) f64);

impl fmt::Display for Dollars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0.0 => f.write_str("$0"),
            small if small < 0.000_05 => f.write_str("under $0.0001"),
            cents if cents < 0.999_95 => write!(f, "${cents:.4}"),
            dollars => write!(f, "${dollars:.2}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(by_service: &[(&str, Option<f64>)], billed: bool) -> String {
        let total = by_service.iter().map(|(_, share)| *share).sum();
        let by_service = by_service.iter().map(|(name, share)| ((*name).to_owned(), *share));
        Cost {
            total,
            by_suite: [("s3_integration".to_owned(), total)].into(),
            by_service: by_service.collect(),
            notes: Vec::new(),
            region: "us-east-1".to_owned(),
            prices_of: "2026-11-25".to_owned(),
            billed,
        }
        .to_string()
    }

    #[test]
    fn a_cost_is_one_line() {
        for (shown, expected) in [
            (cost(&[("s3", Some(0.0004))], true), "about $0.0004 in us-east-1 (S3 $0.0004)"),
            (
                cost(&[("bedrock", Some(0.1)), ("iam", Some(0.0)), ("s3", Some(0.02))], false),
                "nothing here; on AWS about $0.1200 in us-east-1 (Bedrock $0.1000, S3 $0.0200)",
            ),
            (
                cost(&[("bedrock", None), ("s3", Some(0.02))], true),
                "not known in us-east-1 (Bedrock not known, S3 $0.0200)",
            ),
            (cost(&[("sts", Some(0.0))], true), "about $0 in us-east-1"),
        ] {
            assert_eq!(shown, expected);
        }
    }

    #[test]
    fn an_amount_has_the_digits_that_matter() {
        for (dollars, shown) in [
            (0.0, "$0"),
            (0.000_001, "under $0.0001"),
            (0.000_05, "$0.0001"),
            (0.0123, "$0.0123"),
            (0.999_96, "$1.00"),
            (12.345, "$12.35"),
        ] {
            assert_eq!(Dollars(dollars).to_string(), shown);
        }
    }
}
