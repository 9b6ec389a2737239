//! Plots as SVG, drawn by `plotters`, with colours that the page decides.
//!
//! `plotters` knows colours by their components alone. It is given a made-up colour for each use, and
//! what it writes gets a class in the place of that colour, so that light, dark and print are a matter
//! of the page's style sheet.

use maud::{Markup, PreEscaped};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

mod distributions;
mod throughput;

pub(super) use distributions::{Layout, distributions};
pub(super) use throughput::{scans, throughput};

/// What a plot draws with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ink {
    /// Lines of the grid.
    Grid,
    /// What is written.
    Text,
    /// What is written beside it.
    Soft,
    /// The area that shows the samples.
    Area,
    /// The samples' outline, and the line through measured points.
    Line,
    /// The baseline measured beside them.
    Baseline,
    /// A budget that is kept.
    Kept,
    /// A budget that is broken.
    Broken,
    /// A budget of which the samples do not tell.
    Unsure,
}

impl Ink {
    const ALL: [Ink; 9] = [
        Ink::Grid,
        Ink::Text,
        Ink::Soft,
        Ink::Area,
        Ink::Line,
        Ink::Baseline,
        Ink::Kept,
        Ink::Broken,
        Ink::Unsure,
    ];

    /// The made-up colour.
    fn colour(self) -> RGBColor {
        RGBColor(0xA1, 0xB2, self as u8)
    }

    /// The colour as `plotters` writes it.
    fn written(self) -> String {
        let RGBColor(red, green, blue) = self.colour();
        format!("#{red:02X}{green:02X}{blue:02X}")
    }

    /// The class that the style sheet knows.
    fn class(self) -> &'static str {
        match self {
            Ink::Grid => "ink-grid",
            Ink::Text => "ink-text",
            Ink::Soft => "ink-soft",
            Ink::Area => "ink-area",
            Ink::Line => "ink-line",
            Ink::Baseline => "ink-baseline",
            Ink::Kept => "ink-kept",
            Ink::Broken => "ink-broken",
            Ink::Unsure => "ink-unsure",
        }
    }

    /// Text of this many pixels, aligned at its anchor.
    fn text(self, pixels: u32, across: HPos, down: VPos) -> TextStyle<'static> {
        let colour = self.colour();
        // `plotters` writes the size of the font's box; the letters are smaller by this.
        let size = f64::from(pixels) * 1.24;
        ("sans-serif", size).into_font().color(&colour).pos(Pos::new(across, down))
    }
}

/// How a plot can fail: not at all, as long as it is written to memory.
type Drawn<T> = Result<T, DrawingAreaErrorKind<std::io::Error>>;

/// Draws a plot of a size in pixels, to be shown where the page has that much room.
///
/// `described` is what somebody hears who cannot see it.
fn draw(
    (width, height): (u32, u32),
    class: &str,
    described: &str,
    plot: impl FnOnce(&DrawingArea<SVGBackend<'_>, plotters::coord::Shift>) -> Drawn<()>,
) -> Markup {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (width, height)).into_drawing_area();
        if plot(&area).and_then(|()| area.present()).is_err() {
            return PreEscaped(String::new());
        }
    }
    for ink in Ink::ALL {
        let colour = ink.written();
        for attribute in ["fill", "stroke"] {
            let class = format!(r#"class="{}-{attribute}""#, ink.class());
            svg = svg.replace(&format!(r#"{attribute}="{colour}""#), &class);
        }
    }
    let label = maud::html! { (described) }.into_string();
    let opening = format!(r#"<svg class="plot {class}" role="img" aria-label="{label}" "#);
    PreEscaped(svg.replacen("<svg ", &opening, 1))
}
