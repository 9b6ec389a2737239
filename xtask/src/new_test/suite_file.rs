//! `tests/suites/SUITE.rs`: the `mod` lines of a suite.

use anyhow::{Result, anyhow};

use super::ModuleName;
use crate::error::Hint as _;

/// The text of the suite's file with one module more, in the place that its name has in the alphabet.
///
/// # Errors
/// Where the module is there, where its name is another thing's in the file, or where the `mod` lines are
/// not what is expected: one block, in the order of the alphabet.
pub(super) fn with_module(text: &str, path: &str, module: &ModuleName) -> Result<String> {
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    let declared = lines.iter().enumerate();
    let declared: Vec<_> =
        declared.filter_map(|(number, line)| Some((number, module_of(line)?))).collect();
    let in_order = declared.windows(2).all(|pair| {
        let [(number, name), (next, next_name)] = pair else { return true };
        number + 1 == *next && name < next_name
    });
    // An attribute or a comment belongs to the line below it, which would move away from it.
    let follows_a_gap = declared
        .first()
        .is_some_and(|(first, _)| lines[..*first].last().is_none_or(|line| line.trim().is_empty()));
    let Some(&(last, _)) = declared.last().filter(|_| in_order && follows_a_gap) else {
        return Err(unexpected(path, module));
    };
    if declared.iter().any(|(_, name)| *name == module.as_str()) {
        return Err(anyhow!("`{path}` declares a module `{module}` already"))
            .hint("add the test to it, or take another name");
    }
    if let Some(line) = lines.iter().position(|line| names(line, module.as_str())) {
        return Err(anyhow!(
            "`{module}` is the name of another thing in line {} of `{path}`",
            line + 1
        ))
        .hint("take another name");
    }

    let place = declared.iter().find(|(_, name)| *name > module.as_str());
    let place = place.map_or(last + 1, |(number, _)| *number);
    let newline = if lines[last].ends_with("\r\n") { "\r\n" } else { "\n" };
    let mut edited: String = lines[..place].concat();
    if !edited.ends_with('\n') {
        edited.push_str(newline);
    }
    edited.push_str(&format!("mod {module};{newline}"));
    edited.push_str(&lines[place..].concat());
    Ok(edited)
}

fn unexpected(path: &str, module: &ModuleName) -> anyhow::Error {
    let error = anyhow!(
        "the `mod` lines of `{path}` are not one block in the order of the alphabet, so that the new \
         one has no place"
    );
    crate::error::hinted(
        error,
        format_args!("sort them; or write the module by hand: mod {module};"),
    )
}

/// The module that a line declares.
fn module_of(line: &str) -> Option<&str> {
    let name = line.trim_end().strip_prefix("mod ")?.strip_suffix(';')?;
    name.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric()).then_some(name)
}

/// Whether a line means something else by the name: imports it, or looks for something in it.
fn names(line: &str, name: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    let is_import = code.trim_start().starts_with("use ") || code.trim_start().starts_with("pub");
    let is_part = |char: char| char == '_' || char.is_alphanumeric();
    code.match_indices(name).any(|(at, _)| {
        let (before, after) = (&code[..at], &code[at + name.len()..]);
        let is_whole = !before.ends_with(is_part) && !after.starts_with(is_part);
        is_whole && (is_import || after.trim_start().starts_with("::"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUITE: &str = "\
//! The suite, with mod b; in its words.

use futures::{StreamExt as _, stream};

mod beta;
mod delta;

use delta::Thing;

// epsilon::x is no code.
fn gamma() {}
";

    fn with(text: &str, module: &str) -> Result<String> {
        with_module(text, "tests/suites/x.rs", &module.parse().unwrap())
    }

    #[test]
    fn the_line_goes_where_the_alphabet_has_it() {
        for (module, before) in [
            ("alpha", "mod beta;\n"),
            ("charlie", "mod delta;\n"),
            ("epsilon", "\nuse delta"),
            // A function is no module.
            ("gamma", "\nuse delta"),
        ] {
            let line = format!("mod {module};\n");
            let edited = with(SUITE, module).unwrap();
            assert!(edited.contains(&format!("{line}{before}")), "{edited}");
            assert_eq!(edited.replacen(&line, "", 1), SUITE);
        }
        assert_eq!(with("mod a;", "b").unwrap(), "mod a;\nmod b;\n");
        assert_eq!(with("mod a;\r\nmod c;\r\n", "b").unwrap(), "mod a;\r\nmod b;\r\nmod c;\r\n");
    }

    #[test]
    fn a_name_that_is_taken_is_refused() {
        for (module, said) in [
            ("delta", "declares a module `delta` already"),
            ("stream", "line 3 of `tests/suites/x.rs`"),
            ("futures", "line 3 of `tests/suites/x.rs`"),
        ] {
            let error = with(SUITE, module).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn a_file_that_looks_otherwise_is_left_alone() {
        for text in [
            "",
            "fn a() {}\n",
            "mod b;\nmod a;\n",
            "mod a;\n\nmod b;\n",
            "mod a;\n#[cfg(unix)]\nmod b;\n",
            "#[cfg(unix)]\nmod a;\n",
            "mod a;\npub mod b;\nmod c;\n",
            "mod tests {\n    mod a;\n}\n",
        ] {
            let error = with(text, "x").unwrap_err();
            assert!(error.to_string().contains("not one block"), "{text}: {error}");
            assert_eq!(crate::error::hints(&error).len(), 1);
        }
    }
}
