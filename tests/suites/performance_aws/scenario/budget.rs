//! Budgets, and the rule by which samples keep or break one.
//!
//! A budget is a limit for a quantile. It is kept where the upper bound of the quantile's 95 %
//! confidence interval is below the limit, and broken where the lower bound is not. Otherwise the
//! samples do not tell: there are too few for a bound, or they are too noisy, with the limit inside the
//! interval. So no single sample decides, and no verdict hangs on how the machine felt.

use std::time::Duration;

use contract::Target;
use contract::measurement::{BudgetVerdict, Judged, Unit};

use super::interval::{bounds, fewest_samples};
use super::load::Taken;

/// A quantile with its name.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Quantile {
    share: f64,
    name: &'static str,
}

/// Half of the operations are as fast.
pub(in super::super) const MEDIAN: Quantile = Quantile { share: 0.5, name: "median" };

/// Nine of ten operations are as fast.
pub(in super::super) const P90: Quantile = Quantile { share: 0.9, name: "p90" };

/// What is asked of a scenario.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Budget {
    /// On AWS: this quantile of the latencies stays below so long.
    OnAws(Quantile, Duration),
    /// On a shared machine: an operation takes less than so many times what raw HTTP takes for the same,
    /// by the median of what each round of both says.
    ///
    /// The limits lie between what the app takes in an unoptimised build and what it would take with one
    /// request more (November 2026, two cores, quiet). Where the machine is busy, the interval tells.
    TimesRaw(f64),
}

impl Budget {
    /// Whether it is this one that decides on a target.
    pub(super) fn applies_to(self, target: Target) -> bool {
        match self {
            Budget::OnAws(..) => target == Target::Aws,
            Budget::TimesRaw(_) => target == Target::Sandbox,
        }
    }

    /// What the samples say of it.
    pub(super) fn judge(self, taken: &Taken) -> Judged {
        match self {
            Budget::OnAws(quantile, limit) => {
                let words = format!("{} < {limit:?}", quantile.name);
                let samples = taken.app.iter().map(Duration::as_secs_f64).collect();
                judge(words, samples, quantile, limit.as_secs_f64(), Unit::Seconds)
            }
            Budget::TimesRaw(limit) => {
                let words = format!("median < {limit} x raw HTTP");
                judge(words, taken.ratios(), MEDIAN, limit, Unit::Ratio)
            }
        }
    }
}

/// The rule.
pub(in super::super) fn judge(
    budget: String,
    mut samples: Vec<f64>,
    quantile: Quantile,
    limit: f64,
    unit: Unit,
) -> Judged {
    samples.sort_by(f64::total_cmp);
    let bounds = bounds(&samples, quantile.share);
    let (verdict, reason) = match (bounds.lower, bounds.upper) {
        (_, Some(upper)) if upper < limit => (BudgetVerdict::Pass, None),
        (Some(lower), _) if lower >= limit => (BudgetVerdict::Fail, None),
        (Some(_), Some(_)) => {
            let reason = "too noisy: the limit lies within the interval";
            (BudgetVerdict::Inconclusive, Some(reason.to_owned()))
        }
        _ => {
            let (taken, needed) = (samples.len(), fewest_samples(quantile.share));
            let reason = format!("too few samples: {taken} of the {needed} that it takes");
            (BudgetVerdict::Inconclusive, Some(reason))
        }
    };
    // The nearest rank: a sample, not a value between two.
    let rank = (quantile.share * samples.len() as f64).ceil() as usize;
    Judged {
        budget,
        limit,
        measured: samples.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN),
        interval: bounds.lower.zip(bounds.upper),
        unit,
        verdict,
        reason,
    }
}

/// A value as it is read.
pub(super) fn number(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Seconds => format!("{:.1} ms", value * 1_000.0),
        Unit::Ratio => format!("{value:.2}"),
    }
}
