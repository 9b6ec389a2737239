//! Operations in each second over how many are under way at once: one small plot for each scan.

use std::collections::BTreeMap;

use contract::measurement::{Load, Measurement};
use maud::Markup;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::super::text;
use super::{Ink, draw};

/// The size of a plot in pixels: two stand beside each other on a desktop, one fills a phone.
const SIZE: (u32, u32) = (320, 190);

/// The same operation at several concurrencies.
#[derive(Debug)]
pub(in super::super) struct Scan<'a> {
    pub(in super::super) title: String,
    /// In the order of their concurrency.
    points: Vec<&'a Measurement>,
}

/// What was measured at two concurrencies or more.
pub(in super::super) fn scans<'a>(all: &[&'a Measurement]) -> Vec<Scan<'a>> {
    let mut scans: BTreeMap<(&str, &str), BTreeMap<u32, &Measurement>> = BTreeMap::new();
    for measurement in all.iter().filter(|measurement| measurement.load == Load::Closed) {
        let scenario = (measurement.operation.as_str(), measurement.subject.as_str());
        scans.entry(scenario).or_default().insert(measurement.concurrency, measurement);
    }
    let several = scans.into_iter().filter(|(_, points)| points.len() > 1);
    several
        .map(|((operation, subject), points)| Scan {
            title: match subject {
                "" => operation.to_owned(),
                _ => format!("{operation}, {subject}"),
            },
            points: points.into_values().collect(),
        })
        .collect()
}

/// One scan as a plot.
pub(in super::super) fn throughput(scan: &Scan<'_>) -> Markup {
    let rates: Vec<_> = scan.points.iter().map(|point| point.per_second()).collect();
    let highest = rates.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    draw(SIZE, "", &described(scan), |area| {
        let last = (rates.len() - 1) as f64;
        let mut chart = ChartBuilder::on(area)
            .margin_top(22)
            .margin_right(8)
            .x_label_area_size(24)
            .y_label_area_size(46)
            .build_cartesian_2d(-0.35..last + 0.35, 0.0..highest * 1.08)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .disable_x_axis()
            .light_line_style(TRANSPARENT)
            .bold_line_style(Ink::Grid.colour())
            .axis_style(Ink::Grid.colour())
            .y_labels(4)
            .y_label_style(Ink::Soft.text(11, HPos::Right, VPos::Center))
            .y_label_formatter(&|rate| text::number(*rate))
            .draw()?;
        let places = || rates.iter().enumerate().map(|(index, rate)| (index as f64, *rate));
        let line = Ink::Line.colour().stroke_width(2);
        chart.draw_series(LineSeries::new(places(), line))?;
        chart.draw_series(places().map(|at| Circle::new(at, 4, Ink::Line.colour().filled())))?;
        let above = Ink::Text.text(12, HPos::Center, VPos::Bottom);
        chart.draw_series(places().map(|(x, rate)| {
            EmptyElement::at((x, rate)) + Text::new(text::number(rate), (0, -8), above.clone())
        }))?;
        let below = Ink::Soft.text(11, HPos::Center, VPos::Top);
        chart.draw_series(scan.points.iter().enumerate().map(|(index, point)| {
            let label = point.concurrency.to_string();
            EmptyElement::at((index as f64, 0.0)) + Text::new(label, (0, 8), below.clone())
        }))?;
        Ok(())
    })
}

fn described(scan: &Scan<'_>) -> String {
    let points = scan.points.iter().map(|point| {
        format!("{} per second at {}", text::number(point.per_second()), point.concurrency)
    });
    format!("Throughput of {}: {}.", scan.title, points.collect::<Vec<_>>().join(", "))
}
