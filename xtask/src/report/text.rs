//! Numbers, times and hostile text, as people read them.

use anyhow::Result;
use serde_json::Value;

use super::document::Document;

/// The document with nothing in its texts that could be taken for something else: no escape sequences of
/// terminals, no invisible controls, no characters that turn the direction of what follows. What cannot
/// be shown gets a sign in its place.
///
/// # Errors
/// Where the document is not what it was once it is written and read: a number that is not finite, say.
pub(super) fn visible_document(document: &Document) -> Result<Document> {
    let mut value = serde_json::to_value(document)?;
    make_visible(&mut value);
    Ok(serde_json::from_value(value)?)
}

fn make_visible(value: &mut Value) {
    match value {
        Value::String(text) => *text = visible(text),
        Value::Array(values) => values.iter_mut().for_each(make_visible),
        Value::Object(fields) => {
            let visible_fields = std::mem::take(fields).into_iter().map(|(name, mut value)| {
                make_visible(&mut value);
                (visible(&name), value)
            });
            *fields = visible_fields.collect();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The text with nothing in it that a reader cannot see.
pub(super) fn visible(text: &str) -> String {
    without_colours(&text.replace("\r\n", "\n")).chars().map(picture).collect()
}

/// The text without the control sequences by which programs colour what they print: `ESC [`, parameters,
/// a letter. Nothing else is dropped, or a text could hide the rest of itself.
fn without_colours(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let mut kept = pieces.next().unwrap_or("").to_owned();
    for piece in pieces {
        let after = piece.trim_start_matches(|c: char| matches!(c, ' '..='?'));
        match after.chars().next() {
            Some(end @ '@'..='~') => kept.push_str(&after[end.len_utf8()..]),
            _ => {
                kept.push_str("\u{1b}[");
                kept.push_str(piece);
            }
        }
    }
    kept
}

fn picture(c: char) -> char {
    match c {
        '\n' | '\t' => c,
        // The pictures stand in the order of the controls.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}' => '\u{fffd}',
        // What turns the direction, and what takes no room.
        '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' => '\u{fffd}',
        '\u{feff}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        c => c,
    }
}

/// The beginning and the end of a text that is longer than `most` bytes, with what lies between counted.
pub(super) fn shortened(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let head = text.floor_char_boundary(most * 2 / 3);
    let tail = text.ceil_char_boundary(text.len() - most / 3);
    let left_out = tail - head;
    format!("{}\n[... {left_out} bytes left out ...]\n{}", &text[..head], &text[tail..])
}

/// `1 test`, `2 tests`.
pub(super) fn counted(count: usize, thing: &str) -> String {
    match count {
        1 => format!("1 {thing}"),
        _ => format!("{} {thing}s", number(count as f64)),
    }
}

/// A duration: `3 min 20 s`, `12.4 s`, `1.24 s`, `84 ms`, `120 µs`.
pub(super) fn seconds(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "unknown".to_owned();
    }
    let micros = seconds * 1e6;
    if micros == 0.0 {
        "0 s".to_owned()
    } else if micros < 999.5 {
        format!("{} µs", three_digits(micros))
    } else if micros < 999_500.0 {
        format!("{} ms", three_digits(micros / 1e3))
    } else if seconds < 99.95 {
        format!("{} s", three_digits(seconds))
    } else {
        let whole = seconds.round();
        format!("{} min {} s", (whole / 60.0).floor(), whole % 60.0)
    }
}

/// Microseconds, as [`seconds`] shows them.
pub(super) fn micros(micros: u64) -> String {
    seconds(micros as f64 / 1e6)
}

/// A number with three digits that count, and thousands apart.
pub(super) fn number(number: f64) -> String {
    if !number.is_finite() {
        return "unknown".to_owned();
    }
    if number.abs() < 999.5 {
        return three_digits(number);
    }
    let digits = format!("{:.0}", number.abs());
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            // A narrow space that does not break: a comma is a decimal sign to many.
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    if number < 0.0 { format!("-{grouped}") } else { grouped }
}

fn three_digits(number: f64) -> String {
    let decimals = match number.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{number:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// Bytes in each second: `12.3 MB/s`.
pub(super) fn bytes_per_second(bytes: f64) -> String {
    let (value, unit) = match bytes {
        b if b >= 1e9 => (b / 1e9, "GB/s"),
        b if b >= 1e6 => (b / 1e6, "MB/s"),
        b if b >= 1e3 => (b / 1e3, "kB/s"),
        b => (b, "B/s"),
    };
    format!("{} {unit}", three_digits(value))
}

/// The words with a capital at their beginning, unless they begin with a name, and no full stop at
/// their end.
pub(super) fn sentence(words: &str) -> String {
    let words = words.trim().trim_end_matches('.');
    let first = words.split_whitespace().next().unwrap_or("");
    if !first.chars().all(|c| c.is_ascii_lowercase()) {
        return words.to_owned();
    }
    let mut chars = words.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// A moment as people read it: `2026-11-25 18:03:50 UTC`.
pub(super) fn moment(rfc3339: &str) -> String {
    match humantime::parse_rfc3339(rfc3339) {
        Ok(time) => {
            let text = humantime::format_rfc3339_seconds(time).to_string();
            text.replace('T', " ").replace('Z', " UTC")
        }
        Err(_) => rfc3339.to_owned(),
    }
}
