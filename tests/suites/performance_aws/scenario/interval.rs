//! Between which samples a quantile lies, whatever the distribution they come from.
//!
//! Of `n` independent samples, the number that lie below the true quantile `q` is binomial: `n` trials
//! of probability `q`. So the samples themselves, by their ranks, are bounds of a confidence interval
//! (Conover, "Practical Nonparametric Statistics", section 3.2; Hahn and Meeker, "Statistical
//! Intervals", section 5.2). Nothing is assumed of the latencies, whose tails are never normal.

/// How often each bound may be wrong: 95 % of the intervals hold the true quantile, or more.
const RISK: f64 = 0.025;

/// The bounds of an interval; one that the samples are too few for is missing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bounds {
    pub(super) lower: Option<f64>,
    pub(super) upper: Option<f64>,
}

/// The bounds of a quantile, from samples in their order.
pub(super) fn bounds(sorted: &[f64], quantile: f64) -> Bounds {
    let (lower, upper) = ranks(sorted.len(), quantile);
    let at = |rank: usize| sorted[rank - 1];
    Bounds { lower: lower.map(at), upper: upper.map(at) }
}

/// The ranks of the bounds, from 1, among so many samples.
///
/// The lower one is the highest that lies above the quantile with a probability of at most [`RISK`], the
/// upper one the lowest that lies below it with such a one.
pub(in super::super) fn ranks(samples: usize, quantile: f64) -> (Option<usize>, Option<usize>) {
    let probabilities = binomial(samples, quantile);
    // The sample of rank r lies above the quantile where fewer than r samples lie below it.
    let lower = count_within_risk(probabilities.iter());
    // And below it where r or more do.
    let upper = samples - count_within_risk(probabilities.iter().rev()) + 1;
    ((lower > 0).then_some(lower), (upper <= samples).then_some(upper))
}

/// The smallest number of samples that both bounds of a quantile need.
pub(super) fn fewest_samples(quantile: f64) -> usize {
    let both = |samples: &usize| matches!(ranks(*samples, quantile), (Some(_), Some(_)));
    (1..).find(both).unwrap_or(usize::MAX)
}

/// How many of the first probabilities stay within [`RISK`] together.
fn count_within_risk<'a>(probabilities: impl Iterator<Item = &'a f64>) -> usize {
    let mut sum = 0.0;
    let within = probabilities.take_while(|probability| {
        sum += **probability;
        sum <= RISK
    });
    within.count()
}

/// The probabilities of 0 to `trials` successes. By logarithms: `0.1` to the power of 400 is no `f64`.
fn binomial(trials: usize, probability: f64) -> Vec<f64> {
    let odds = (probability / (1.0 - probability)).ln();
    let none = trials as f64 * (1.0 - probability).ln();
    let logarithms = (0..=trials).scan(none, |logarithm, successes| {
        let this = *logarithm;
        *logarithm += ((trials - successes) as f64 / (successes + 1) as f64).ln() + odds;
        Some(this)
    });
    logarithms.map(f64::exp).collect()
}
