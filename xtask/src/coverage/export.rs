//! What llvm-cov says of each file.

use std::ops::AddAssign;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use super::members::{Members, Role};

/// What the document calls itself.
const KIND: &str = "llvm.coverage.json.export";

/// The document of `llvm-cov export -summary-only`, as far as we read it.
#[derive(Deserialize)]
struct Document {
    #[serde(rename = "type")]
    kind: String,
    version: String,
    data: Vec<Data>,
}

#[derive(Deserialize)]
struct Data {
    files: Vec<File>,
}

/// A file and how much of it was run.
#[derive(Debug, Deserialize)]
pub(super) struct File {
    /// Where it was when it was compiled.
    #[serde(rename = "filename")]
    pub(super) path: PathBuf,
    /// How much of it was run.
    pub(super) summary: Counts,
}

/// How much of some code was run.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) struct Counts {
    /// Lines with code.
    pub(super) lines: Count,
    /// Functions, each counted once, however often it was instantiated.
    pub(super) functions: Count,
    /// Pieces of code that are run as a whole, which is finer than lines.
    pub(super) regions: Count,
}

/// How many of how many.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) struct Count {
    /// How many were run at least once.
    pub(super) covered: u64,
    /// How many there are.
    #[serde(rename = "count")]
    pub(super) total: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        for (sum, other) in [
            (&mut self.lines, other.lines),
            (&mut self.functions, other.functions),
            (&mut self.regions, other.regions),
        ] {
            sum.covered += other.covered;
            sum.total += other.total;
        }
    }
}

/// All files.
pub(super) struct Export {
    pub(super) files: Vec<File>,
}

impl Export {
    /// Reads the document.
    ///
    /// # Errors
    /// Where it is no such document.
    pub(super) fn read(json: &[u8]) -> Result<Export> {
        let document: Document = serde_json::from_slice(json).context("it is not as expected")?;
        let major = document.version.split('.').next();
        if document.kind != KIND || !matches!(major, Some("2" | "3")) {
            bail!("it is `{}` {}, expected `{KIND}` 2 or 3", document.kind, document.version);
        }
        Ok(Export { files: document.data.into_iter().flat_map(|data| data.files).collect() })
    }

    /// A regular expression of LLVM's that matches the files that do not count: those of no member that
    /// the suites link, which are their own and those of macros from elsewhere.
    ///
    /// By their names, one by one: a pattern might match what it should not.
    pub(super) fn left_out(&self, members: &Members) -> String {
        let is_left_out = |file: &&File| {
            members.owner(&file.path).is_none_or(|member| member.role != Role::Linked)
        };
        let names = self.files.iter().filter(is_left_out).map(|file| escaped(&file.path));
        format!("^({})$", names.collect::<Vec<_>>().join("|"))
    }
}

/// The path, with what means something in an expression taken for what it is.
fn escaped(path: &Path) -> String {
    let mut escaped = String::new();
    for character in path.to_string_lossy().chars() {
        if r"()^$|*+?.[]\{}".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::members::tests::members;
    use super::*;

    /// What llvm-cov 22 says of a run of the suites, shortened to a few files.
    const EXPORT: &str = include_str!("export.sample.json");

    pub(in super::super) fn export() -> Export {
        Export::read(EXPORT.as_bytes()).unwrap()
    }

    #[test]
    fn each_file_has_its_lines_functions_and_regions() {
        let export = export();
        let file = &export.files[0];
        assert_eq!(file.path, Path::new("/ws/app/src/api/files/list.rs"));
        let count = |covered, total| Count { covered, total };
        let expected =
            Counts { lines: count(30, 37), functions: count(6, 7), regions: count(53, 68) };
        assert_eq!(file.summary, expected);
    }

    #[test]
    fn another_document_is_refused() {
        for (from, to) in [
            ("llvm.coverage.json.export", "llvm.coverage.json.import"),
            ("\"version\": \"3.1.0\"", "\"version\": \"4.0.0\""),
            ("\"functions\"", "\"functionality\""),
        ] {
            assert!(EXPORT.contains(from), "{from}");
            assert!(Export::read(EXPORT.replace(from, to).as_bytes()).is_err(), "{from}");
        }
    }

    #[test]
    fn what_does_not_count_is_left_out_by_its_name() {
        assert_eq!(
            export().left_out(&members()),
            r"^(/ws/tests/suites/env\.rs|/home/ada/\.cargo/registry/src/index-1949cf8c6b5b557f/tokio-1\.54\.1/src/macros/join\.rs|/rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/std/src/sys/thread_local/native/mod\.rs)$"
        );
        assert_eq!(escaped(Path::new("/a (b)/c++/[d]{e}")), r"/a \(b\)/c\+\+/\[d\]\{e\}");
    }
}
