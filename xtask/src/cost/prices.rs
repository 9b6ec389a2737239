//! The price table.

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

/// Prices by region, and when they were looked up.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Prices {
    /// When they were looked up, `2026-11-25`.
    pub(super) date: String,
    s3: Vec<S3Prices>,
    model: Vec<ModelPrices>,
}

/// S3 Standard, in US dollars.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct S3Prices {
    regions: Vec<String>,
    /// 1,000 PUT, COPY, POST or LIST requests.
    pub(super) put: f64,
    /// 1,000 other requests.
    pub(super) get: f64,
    /// 1 GB to the internet.
    pub(super) transfer: f64,
}

/// A model of Bedrock, in US dollars for 1,000 tokens.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModelPrices {
    /// Ids of models and of inference profiles.
    ids: Vec<String>,
    /// `None` where the price holds wherever it can be called from.
    regions: Option<Vec<String>>,
    pub(super) input: f64,
    pub(super) output: f64,
}

impl Prices {
    /// The table that the workspace carries.
    pub(super) fn read() -> Prices {
        Prices::parse(include_str!("prices.toml")).expect("the table is built in, and tested")
    }

    /// # Errors
    /// Where a price is none, or there are two for the same.
    fn parse(text: &str) -> Result<Prices> {
        let prices: Prices = toml::from_str(text).context("reading `prices.toml`")?;
        let mut seen = std::collections::BTreeSet::new();
        for row in &prices.s3 {
            let all = [row.put, row.get, row.transfer];
            ensure!(all.iter().all(|price| is_price(*price)), "S3 in {:?}: {all:?}", row.regions);
            for region in &row.regions {
                ensure!(seen.insert((region.clone(), String::new())), "S3 twice in `{region}`");
            }
        }
        for row in &prices.model {
            let all = [row.input, row.output];
            ensure!(all.iter().all(|price| is_price(*price)), "{:?}: {all:?}", row.ids);
            for id in &row.ids {
                for region in row.regions.clone().unwrap_or_else(|| vec!["everywhere".to_owned()]) {
                    ensure!(
                        seen.insert((region.clone(), id.clone())),
                        "`{id}` twice in `{region}`"
                    );
                }
            }
        }
        Ok(prices)
    }

    /// What S3 costs in a region, where that is known.
    pub(super) fn s3(&self, region: &str) -> Option<&S3Prices> {
        self.s3.iter().find(|row| row.regions.iter().any(|known| known == region))
    }

    /// What a model costs that is called from a region by this id or ARN, where that is known.
    pub(super) fn model(&self, identifier: &str, region: &str) -> Option<&ModelPrices> {
        let id = id_of(identifier);
        self.model.iter().find(|row| {
            row.ids.iter().any(|known| known == id)
                && row.regions.as_ref().is_none_or(|all| all.iter().any(|known| known == region))
        })
    }
}

/// The id in an ARN of a foundation model or an inference profile; an id as it is. What stands behind
/// an application's own profile cannot be told from its ARN, and has no price in the table.
pub(super) fn id_of(identifier: &str) -> &str {
    if !identifier.starts_with("arn:") {
        return identifier;
    }
    ["foundation-model/", "inference-profile/"]
        .iter()
        .find_map(|kind| Some(identifier.rsplit_once(&format!(":{kind}"))?.1))
        .unwrap_or(identifier)
}

fn is_price(dollars: f64) -> bool {
    dollars.is_finite() && dollars > 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_and_complete_for_its_regions() {
        let prices = Prices::read();
        assert!(humantime::parse_rfc3339(&format!("{}T00:00:00Z", prices.date)).is_ok());
        let regions = prices.model.iter().flat_map(|row| row.regions.iter().flatten());
        for region in regions.map(String::as_str).chain(["us-east-1", "eu-central-1"]) {
            assert!(prices.s3(region).is_some(), "no prices of S3 in `{region}`");
        }
        assert!(prices.s3("us-iso-east-1").is_none());
    }

    /// The table may be used in the region whose prices a run on the embedded AWS is shown with.
    #[test]
    fn every_model_of_the_shipped_catalogue_has_a_price() {
        #[derive(Deserialize)]
        struct Catalogue {
            models: Vec<Entry>,
        }
        #[derive(Deserialize)]
        struct Entry {
            model: Option<String>,
        }
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../app/src/models/catalogue.toml");
        let text = std::fs::read_to_string(file).unwrap();
        let catalogue: Catalogue = toml::from_str(&text).unwrap();
        let models: Vec<_> = catalogue.models.into_iter().filter_map(|entry| entry.model).collect();
        assert!(models.len() > 3);
        let prices = Prices::read();
        for model in models {
            assert!(prices.model(&model, super::super::SANDBOX_PRICES_OF).is_some(), "`{model}`");
        }
    }

    #[test]
    fn a_model_is_known_by_id_or_arn_where_its_price_holds() {
        let prices = Prices::read();
        let input = |id: &str, region: &str| Some(prices.model(id, region)?.input);
        let profile = "arn:aws:bedrock:eu-central-1:1:inference-profile/eu.amazon.nova-micro-v1:0";
        for (id, region, expected) in [
            ("amazon.nova-micro-v1:0", "us-east-1", Some(0.000035)),
            (
                "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0",
                "us-east-1",
                Some(0.000035),
            ),
            (profile, "eu-central-1", Some(0.000046)),
            ("global.anthropic.claude-haiku-4-5-20251001-v1:0", "sa-east-1", Some(0.001)),
            ("amazon.nova-micro-v1:0", "eu-central-1", Some(0.000046)),
            ("amazon.nova-micro-v1:0", "sa-east-1", None),
            ("arn:aws:bedrock:us-east-1:1:application-inference-profile/abc", "us-east-1", None),
            ("amazon.nova-micro-v1", "us-east-1", None),
        ] {
            assert_eq!(input(id, region), expected, "{id} in {region}");
        }
    }

    #[test]
    fn a_table_with_a_slip_is_refused() {
        let row = |put: &str| {
            format!("[[s3]]\nregions = [\"a\"]\nput = {put}\nget = 1.0\ntransfer = 1.0\n")
        };
        let table =
            |rows: &[String]| format!("date = \"2026-01-01\"\nmodel = []\n{}", rows.concat());
        Prices::parse(&table(&[row("1.0")])).unwrap();
        for slip in [
            table(&[row("0.0")]),
            table(&[row("-1.0")]),
            table(&[row("nan")]),
            table(&[row("1.0"), row("2.0")]),
            table(&[row("1.0"), "currency = \"EUR\"".to_owned()]),
        ] {
            assert!(Prices::parse(&slip).is_err(), "{slip}");
        }
    }
}
