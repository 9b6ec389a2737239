//! Policy variables: `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`, and `${*}`, `${?}`, `${$}` for the characters themselves.
//!
//! Source: "IAM policy elements: Variables and tags", IAM User Guide.

/// The pieces of a text.
enum Piece<'a> {
    Text(&'a str),
    /// What stands between `${` and `}`.
    Variable(&'a str),
}

fn pieces(mut rest: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut pieces = Vec::new();
    while let Some(start) = rest.find("${") {
        let end = rest[start..].find('}').ok_or_else(|| format!("`{rest}` has no end"))? + start;
        pieces.push(Piece::Text(&rest[..start]));
        pieces.push(Piece::Variable(&rest[start + 2..end]));
        rest = &rest[end + 1..];
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}

/// Name and default value.
fn split(variable: &str) -> Result<(&str, Option<&str>), String> {
    let Some((name, default)) = variable.split_once(',') else {
        return Ok((variable.trim(), None));
    };
    let default = default
        .trim()
        .strip_prefix('\'')
        .and_then(|default| default.strip_suffix('\''))
        .ok_or_else(|| format!("the default value in `${{{variable}}}` is not in single quotes"))?;
    Ok((name.trim(), Some(default)))
}

/// # Errors
/// A variable without an end or without a name, or a default value without quotes.
pub(super) fn check(text: &str) -> Result<(), String> {
    for piece in pieces(text)? {
        if let Piece::Variable(variable) = piece
            && split(variable)?.0.is_empty()
        {
            return Err(format!("`{text}` has a variable without a name"));
        }
    }
    Ok(())
}

/// The text with a letter for each variable, whose own colons are no separators.
pub(super) fn outline(text: &str) -> String {
    let outline = |pieces: Vec<Piece<'_>>| {
        pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => *text,
                Piece::Variable(_) => "x",
            })
            .collect()
    };
    pieces(text).map_or_else(|_| text.to_owned(), outline)
}

/// The condition keys that stand in a text as variables.
pub(super) fn keys(text: &str) -> Vec<String> {
    let keys = |pieces: Vec<Piece<'_>>| {
        pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Variable(variable) if !is_character(variable) => {
                    Some(split(variable).ok()?.0.to_owned())
                }
                _ => None,
            })
            .collect()
    };
    pieces(text).map_or_else(|_| Vec::new(), keys)
}

fn is_character(variable: &str) -> bool {
    matches!(variable, "*" | "?" | "$")
}

/// The text with its variables filled in: what it says itself goes through `text`, what comes from the request through `literal`.
///
/// `None` where a variable has neither value nor default: such a text matches nothing.
pub(super) fn fill(
    source: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
    text: impl Fn(&str) -> String,
    literal: impl Fn(&str) -> String,
) -> Option<String> {
    let mut filled = String::new();
    for piece in pieces(source).ok()? {
        match piece {
            Piece::Text(piece) => filled.push_str(&text(piece)),
            Piece::Variable(character) if is_character(character) => {
                filled.push_str(&literal(character));
            }
            Piece::Variable(variable) => {
                let (name, default) = split(variable).ok()?;
                let value = lookup(name).or_else(|| default.map(str::to_owned))?;
                filled.push_str(&literal(&value));
            }
        }
    }
    Some(filled)
}
