//! The figures and how they are shown.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::process::Kind;

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub(crate) operation: &'static str,
    pub(crate) in_flight: usize,
}

/// The rates of all rounds.
#[derive(Default)]
pub(crate) struct Figures {
    /// In the order in which they were measured.
    rows: Vec<Row>,
    rates: BTreeMap<(Row, Kind), Vec<f64>>,
}

impl Figures {
    pub(crate) fn add(&mut self, row: Row, kind: Kind, rate: f64) {
        if !self.rows.contains(&row) {
            self.rows.push(row);
        }
        self.rates.entry((row, kind)).or_default().push(rate);
    }

    fn rate(&self, row: Row, kind: Kind) -> Option<f64> {
        self.rates.get(&(row, kind)).cloned().map(median)
    }
}

/// The middle one.
pub(crate) fn median<T: PartialOrd + Copy + Default>(mut values: Vec<T>) -> T {
    values.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    values.get(values.len() / 2).copied().unwrap_or_default()
}

pub(crate) fn print(figures: &Figures, starts: &[(&str, Duration)]) {
    println!("\nRequests per second\n");
    println!("| operation | in flight | limit | sandbox | s3s-fs | moto | to s3s-fs | to moto |");
    println!("|---|--:|--:|--:|--:|--:|--:|--:|");
    for &row in &figures.rows {
        let Row { operation, in_flight } = row;
        let rates = Kind::ALL.map(|kind| figures.rate(row, kind));
        let [limit, sandbox, s3s_fs, moto] = rates.map(shown);
        let [_, ours, ..] = rates;
        let [_, _, to_s3s_fs, to_moto] = rates.map(|other| ratio(ours, other));
        println!(
            "| {operation} | {in_flight} | {limit} | {sandbox} | {s3s_fs} | {moto} | {to_s3s_fs} | {to_moto} |"
        );
    }
    println!("\nFrom start to first answer\n");
    for (name, time) in starts {
        println!("{name}: {:.1} ms", time.as_secs_f64() * 1_000.0);
    }
}

fn shown(rate: Option<f64>) -> String {
    rate.map_or_else(String::new, |rate| format!("{rate:.0}"))
}

fn ratio(ours: Option<f64>, other: Option<f64>) -> String {
    let ratio = ours.zip(other).map(|(ours, other)| format!("{:.1}x", ours / other));
    ratio.unwrap_or_default()
}
