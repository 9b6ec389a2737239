//! The differences between the lock and what was seen, as they are printed.

use super::Checked;
use crate::context::Context;
use crate::permissions::Change;
use crate::ui::Tone;

/// How many differing tests are shown.
const SHOWN: usize = 20;

impl Checked {
    /// Prints the differences, and how to take them over. Nothing where there are none.
    pub(crate) fn print(&self, cx: &Context) {
        let Checked { lock, updated, update, differences, .. } = self;
        let count = differences.len();
        if count == 0 {
            return;
        }
        let (tone, what) = match (updated, self.is_fatal) {
            (true, _) => (Tone::Good, "updated in"),
            (false, true) => (Tone::Bad, "not as in"),
            (false, false) => (Tone::Warn, "not as in"),
        };
        let entries = if count == 1 { "entry" } else { "entries" };
        let ui = &cx.ui;
        ui.finding(tone, "permissions", format_args!("{count} {entries} {what} `{lock}`"));
        for difference in differences.iter().take(SHOWN) {
            let remark = match difference.change {
                Change::New if difference.added.is_empty() => " (new, needs nothing)",
                Change::New => " (new)",
                Change::Changed => "",
                Change::Gone => " (no such test any more)",
            };
            ui.below(1, format_args!("{}{remark}", difference.subject));
            for (sign, lines) in [("+", &difference.added), ("-", &difference.removed)] {
                for line in lines {
                    ui.below(2, format_args!("{sign} {line}"));
                }
            }
        }
        if count > SHOWN {
            ui.below(1, format_args!("and {} more", count - SHOWN));
        }
        if !updated {
            ui.below(0, format_args!("hint: {update}"));
        }
    }
}
