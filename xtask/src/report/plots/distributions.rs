//! How long operations took: one row for each scenario, all on one logarithmic axis.

use contract::measurement::{BudgetVerdict, Distribution, Measurement, Unit};
use maud::Markup;
use plotters::coord::combinators::IntoLogRange as _;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::super::{measured, text};
use super::{Drawn, Ink, draw};

/// Room for the axis.
const AXIS: u32 = 26;
/// How much of a row the samples fill, where nothing else stands in it.
const SHAPE: f64 = 0.78;
/// Steps on the axis over which samples are counted together, for each factor of ten.
const STEPS_PER_DECADE: f64 = 24.0;

/// Where names and figures stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Layout {
    /// Beside the rows, as a desktop has room.
    Wide,
    /// Above each row.
    Narrow,
}

impl Layout {
    fn width(self) -> u32 {
        match self {
            Layout::Wide => 980,
            Layout::Narrow => 350,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Layout::Wide => "for-wide",
            Layout::Narrow => "for-narrow",
        }
    }

    /// The height of a row, and of the part of it that the names take.
    fn row(self) -> (u32, u32) {
        match self {
            Layout::Wide => (38, 0),
            Layout::Narrow => (56, 22),
        }
    }

    /// The scenario in what room there is; what it was done under always stands there.
    fn title(self, row: &Measurement) -> String {
        const MOST: usize = 34;
        let title = measured::title(row);
        let length = title.chars().count();
        if self == Layout::Wide || length <= MOST {
            return title;
        }
        let load = measured::load(row);
        let ending = if load.is_empty() { String::new() } else { format!(", {load}") };
        let kept = MOST.saturating_sub(ending.chars().count() + 1);
        let beginning: String = title.chars().take(kept).collect();
        format!("{}\u{2026}{ending}", beginning.trim_end_matches([' ', ',']))
    }

    /// Room at the left and at the right of the rows.
    fn sides(self) -> (u32, u32) {
        match self {
            Layout::Wide => (290, 135),
            Layout::Narrow => (6, 6),
        }
    }
}

/// The distributions as one plot. Nothing without samples.
pub(in super::super) fn distributions(rows: &[&Measurement], layout: Layout) -> Option<Markup> {
    let rows: Vec<_> = rows.iter().copied().filter(|row| row.latency.count > 0).collect();
    let (low, high) = bounds(&rows)?;
    let (row_height, names_height) = layout.row();
    let height = row_height * rows.len() as u32 + AXIS;
    let size = (layout.width(), height);
    // In parts of a row.
    let shape = SHAPE * (1.0 - f64::from(names_height) / f64::from(row_height));
    Some(draw(size, layout.class(), &described(&rows), |area| {
        let (left, right) = layout.sides();
        let mut chart = ChartBuilder::on(area)
            .margin_left(left)
            .margin_right(right)
            .x_label_area_size(AXIS)
            .build_cartesian_2d((low..high).log_scale(), 0.0..rows.len() as f64)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .light_line_style(TRANSPARENT)
            .bold_line_style(Ink::Grid.colour())
            .axis_style(Ink::Grid.colour())
            .x_labels(if layout == Layout::Narrow { 4 } else { 8 })
            .x_label_style(Ink::Soft.text(11, HPos::Center, VPos::Top))
            .x_label_formatter(&|micros| text::seconds(micros / 1e6))
            .draw()?;
        for (index, row) in rows.iter().enumerate() {
            // The first row is the topmost.
            let floor = (rows.len() - 1 - index) as f64;
            let at = |micros: u64, part: f64| (micros.max(1) as f64, floor + part * shape);
            let ground = Ink::Grid.colour().stroke_width(1);
            chart.draw_series([PathElement::new([(low, floor), (high, floor)], ground)])?;
            let outline = outline(&row.latency, low, high);
            let points = outline.iter().map(|&(x, y)| (x, floor + y * shape));
            let filled = AreaSeries::new(points, floor, Ink::Area.colour().filled());
            chart.draw_series(filled.border_style(Ink::Line.colour()))?;
            let median = [at(row.latency.p50, 0.0), at(row.latency.p50, 1.0)];
            let line = Ink::Line.colour().stroke_width(2);
            chart.draw_series([PathElement::new(median, line)])?;
            draw_tail(&mut chart, row, &at)?;
            if let Some(baseline) = &row.baseline {
                let dot = Ink::Baseline.colour().stroke_width(2);
                chart.draw_series([Circle::new(at(baseline.p50, 0.0), 4, dot)])?;
            }
            draw_limits(&mut chart, row, &at)?;
            let top = (row_height * index as u32) as i32;
            let (down, y) = match layout {
                Layout::Wide => (VPos::Bottom, top + row_height as i32 + 1),
                Layout::Narrow => (VPos::Top, top + 6),
            };
            let plain = Ink::Text.text(12, HPos::Left, down);
            area.draw(&Text::new(layout.title(row), (0, y), plain))?;
            let soft = Ink::Soft.text(12, HPos::Right, down);
            area.draw(&Text::new(values(&row.latency), (size.0 as i32, y), soft))?;
        }
        Ok(())
    }))
}

type Chart<'a, 'b> = ChartContext<
    'a,
    SVGBackend<'b>,
    Cartesian2d<
        plotters::coord::combinators::LogCoord<f64>,
        plotters::coord::types::RangedCoordf64,
    >,
>;

/// From the 99th percentile to the longest, where the shape is too low to be seen.
fn draw_tail(
    chart: &mut Chart<'_, '_>,
    row: &Measurement,
    at: &impl Fn(u64, f64) -> (f64, f64),
) -> Drawn<()> {
    let (p99, max) = (row.latency.p99, row.latency.max);
    let line = Ink::Line.colour().stroke_width(1);
    chart.draw_series([PathElement::new([at(p99, 0.0), at(p99, 0.45)], line)])?;
    chart.draw_series([Circle::new(at(max, 0.0), 2, Ink::Line.colour().filled())])?;
    Ok(())
}

/// The budgets that are in seconds; a ratio has no place on this axis.
fn draw_limits(
    chart: &mut Chart<'_, '_>,
    row: &Measurement,
    at: &impl Fn(u64, f64) -> (f64, f64),
) -> Drawn<()> {
    for judged in row.budgets.iter().filter(|judged| judged.unit == Unit::Seconds) {
        let ink = match judged.verdict {
            BudgetVerdict::Pass => Ink::Kept,
            BudgetVerdict::Inconclusive => Ink::Unsure,
            BudgetVerdict::Fail => Ink::Broken,
        };
        let limit = (judged.limit * 1e6) as u64;
        let line = ink.colour().stroke_width(2);
        chart.draw_series([PathElement::new([at(limit, 0.0), at(limit, 1.0)], line)])?;
    }
    Ok(())
}

/// The axis: from below the shortest to above the longest, and to the budgets, in microseconds.
fn bounds(rows: &[&Measurement]) -> Option<(f64, f64)> {
    let shortest = rows.iter().map(|row| row.latency.min).min()?.max(1) as f64;
    let longest = rows.iter().map(|row| row.latency.max).max()?.max(1) as f64;
    let budgets = rows.iter().flat_map(|row| &row.budgets);
    let limits = budgets.filter(|judged| judged.unit == Unit::Seconds).map(|b| b.limit * 1e6);
    let highest = limits.filter(|limit| limit.is_finite()).fold(longest, f64::max);
    Some((shortest / 1.25, (highest * 1.25).max(shortest * 10.0)))
}

/// The share of the samples at each step of the axis, the highest one 1.
fn outline(latency: &Distribution, low: f64, high: f64) -> Vec<(f64, f64)> {
    let step = |micros: f64| ((micros / low).log10() * STEPS_PER_DECADE).floor().max(0.0) as usize;
    let mut counts = vec![0.0; step(high) + 2];
    for bucket in &latency.buckets {
        // A bucket is known by its upper bound; the samples are a little below it.
        let index = step(bucket.up_to.max(1) as f64).min(counts.len() - 1);
        counts[index] += bucket.count as f64;
    }
    // A bucket of the histogram may be wider than a step: without this, gaps would show that are none.
    let smooth = |index: usize| {
        let around = [index.wrapping_sub(1), index, index + 1];
        let weights = [0.25, 0.5, 0.25];
        let part = |(&at, weight): (&usize, f64)| counts.get(at).unwrap_or(&0.0) * weight;
        around.iter().zip(weights).map(part).sum::<f64>()
    };
    let smoothed: Vec<_> = (0..counts.len()).map(smooth).collect();
    let highest = smoothed.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let place = |index: usize| low * 10f64.powf((index as f64 + 0.5) / STEPS_PER_DECADE);
    let seen: Vec<_> = (0..smoothed.len()).filter(|&index| smoothed[index] > 0.0).collect();
    let (Some(&first), Some(&last)) = (seen.first(), seen.last()) else { return Vec::new() };
    let from = first.saturating_sub(1);
    let points = (from..=(last + 1).min(smoothed.len() - 1))
        .map(|index| (place(index).min(high), smoothed[index] / highest));
    points.collect()
}

fn values(latency: &Distribution) -> String {
    format!("{} \u{b7} {}", text::micros(latency.p50), text::micros(latency.p99))
}

fn described(rows: &[&Measurement]) -> String {
    let rows = rows.iter().map(|row| {
        let (p50, p99) = (text::micros(row.latency.p50), text::micros(row.latency.p99));
        format!("{}: median {p50}, 99th percentile {p99}", measured::title(row))
    });
    format!("How long operations took. {}.", rows.collect::<Vec<_>>().join("; "))
}
