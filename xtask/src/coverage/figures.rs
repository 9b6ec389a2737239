//! The result: how much of each crate the suites run.

use std::path::Path;

use serde::Serialize;

use super::export::{Count, Counts, Export};
use super::members::{Member, Members, Role};
use crate::exit::Exit;

/// The version of the JSON document.
const VERSION: u32 = 1;

/// How much of the workspace the suites run. The JSON document is this.
#[derive(Debug, Serialize)]
pub(super) struct Coverage {
    version: u32,
    /// The code that the command ends with.
    exit_code: u8,
    pub(super) tests: Tests,
    /// Those that the suites link and that have code, in the order of their names.
    pub(super) crates: Vec<Crate>,
    /// All of them together.
    pub(super) total: Figures,
    /// The members whose code the suites do not link, so that nothing can be said of it.
    pub(super) not_linked: Vec<String>,
    /// The first of llvm-cov's pages, where they were wanted; relative to the workspace.
    pub(super) html: Option<String>,
    /// The file in the format of lcov, where it was wanted.
    pub(super) lcov: Option<String>,
}

/// How the tests ended that were to cover it.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Tests {
    pub(super) listed: usize,
    pub(super) passed: usize,
    pub(super) failed: usize,
}

/// One crate.
#[derive(Debug, Serialize)]
pub(super) struct Crate {
    pub(super) name: String,
    #[serde(flatten)]
    pub(super) figures: Figures,
    files: Vec<Source>,
}

/// One of its files.
#[derive(Debug, Serialize)]
struct Source {
    /// Relative to the workspace.
    path: String,
    #[serde(flatten)]
    figures: Figures,
}

/// How much of some code was run.
#[derive(Debug, Serialize)]
pub(super) struct Figures {
    pub(super) lines: Figure,
    pub(super) functions: Figure,
    pub(super) regions: Figure,
}

/// How many of how many.
#[derive(Debug, Serialize)]
pub(super) struct Figure {
    pub(super) covered: u64,
    pub(super) total: u64,
    /// With one decimal, rounded down, so that 100 means all; `None` where there is nothing to cover.
    pub(super) percent: Option<f64>,
}

impl Coverage {
    /// Sums the files up.
    pub(super) fn new(export: &Export, members: &Members, tests: Tests, exit: Exit) -> Coverage {
        let mut total = Counts::default();
        let linked = members.all().iter().filter(|member| member.role == Role::Linked);
        let mut crates: Vec<_> = linked
            .filter_map(|member| {
                let (counts, krate) = Crate::of(member, export, members)?;
                total += counts;
                Some(krate)
            })
            .collect();
        crates.sort_by(|a, b| a.name.cmp(&b.name));
        let not_linked = members.all().iter().filter(|member| member.role == Role::NotLinked);
        let mut not_linked: Vec<_> = not_linked.map(|member| member.name.clone()).collect();
        not_linked.sort();
        Coverage {
            version: VERSION,
            exit_code: exit.code(),
            tests,
            crates,
            total: total.into(),
            not_linked,
            html: None,
            lcov: None,
        }
    }
}

impl Crate {
    /// `None` where it has no code.
    fn of(member: &Member, export: &Export, members: &Members) -> Option<(Counts, Crate)> {
        let mut counts = Counts::default();
        let mut files = Vec::new();
        for file in export.files.iter().filter(|file| members.owner(&file.path) == Some(member)) {
            counts += file.summary;
            files.push(Source {
                path: shown(&file.path, &members.workspace),
                figures: file.summary.into(),
            });
        }
        let figures = counts.into();
        (!files.is_empty()).then(|| (counts, Crate { name: member.name.clone(), figures, files }))
    }
}

fn shown(path: &Path, workspace: &Path) -> String {
    path.strip_prefix(workspace).unwrap_or(path).display().to_string()
}

impl From<Counts> for Figures {
    fn from(counts: Counts) -> Figures {
        Figures {
            lines: counts.lines.into(),
            functions: counts.functions.into(),
            regions: counts.regions.into(),
        }
    }
}

impl From<Count> for Figure {
    fn from(Count { covered, total }: Count) -> Figure {
        let thousandths = (u128::from(covered) * 1_000).checked_div(u128::from(total));
        let percent = thousandths.map(|thousandths| thousandths as f64 / 10.0);
        Figure { covered, total, percent }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::export::tests::export;
    use super::super::members::tests::members;
    use super::*;

    pub(in super::super) fn coverage() -> Coverage {
        let tests = Tests { listed: 224, passed: 223, failed: 1 };
        Coverage::new(&export(), &members(), tests, Exit::Nextest(100))
    }

    fn figure(covered: u64, total: u64) -> Figure {
        Count { covered, total }.into()
    }

    #[test]
    fn percent_are_rounded_down() {
        for (covered, total, percent) in [
            (0, 0, None),
            (0, 7, Some(0.0)),
            (1, 3, Some(33.3)),
            (2, 3, Some(66.6)),
            (9_999, 10_000, Some(99.9)),
            (7, 7, Some(100.0)),
            (u64::MAX, u64::MAX, Some(100.0)),
        ] {
            assert_eq!(figure(covered, total).percent, percent, "{covered}/{total}");
        }
    }

    #[test]
    fn a_crate_is_the_sum_of_its_files_and_the_total_that_of_the_crates() {
        let document = serde_json::to_value(coverage()).unwrap();
        insta::assert_snapshot!(serde_json::to_string_pretty(&document).unwrap(), @r#"
        {
          "crates": [
            {
              "files": [
                {
                  "functions": {
                    "covered": 6,
                    "percent": 85.7,
                    "total": 7
                  },
                  "lines": {
                    "covered": 30,
                    "percent": 81.0,
                    "total": 37
                  },
                  "path": "app/src/api/files/list.rs",
                  "regions": {
                    "covered": 53,
                    "percent": 77.9,
                    "total": 68
                  }
                },
                {
                  "functions": {
                    "covered": 10,
                    "percent": 83.3,
                    "total": 12
                  },
                  "lines": {
                    "covered": 46,
                    "percent": 80.7,
                    "total": 57
                  },
                  "path": "app/src/storage/prefix.rs",
                  "regions": {
                    "covered": 68,
                    "percent": 83.9,
                    "total": 81
                  }
                }
              ],
              "functions": {
                "covered": 16,
                "percent": 84.2,
                "total": 19
              },
              "lines": {
                "covered": 76,
                "percent": 80.8,
                "total": 94
              },
              "name": "app",
              "regions": {
                "covered": 121,
                "percent": 81.2,
                "total": 149
              }
            },
            {
              "files": [
                {
                  "functions": {
                    "covered": 7,
                    "percent": 50.0,
                    "total": 14
                  },
                  "lines": {
                    "covered": 28,
                    "percent": 43.0,
                    "total": 65
                  },
                  "path": "tests/contract/src/prefix.rs",
                  "regions": {
                    "covered": 35,
                    "percent": 33.6,
                    "total": 104
                  }
                }
              ],
              "functions": {
                "covered": 7,
                "percent": 50.0,
                "total": 14
              },
              "lines": {
                "covered": 28,
                "percent": 43.0,
                "total": 65
              },
              "name": "contract",
              "regions": {
                "covered": 35,
                "percent": 33.6,
                "total": 104
              }
            },
            {
              "files": [
                {
                  "functions": {
                    "covered": 8,
                    "percent": 88.8,
                    "total": 9
                  },
                  "lines": {
                    "covered": 52,
                    "percent": 94.5,
                    "total": 55
                  },
                  "path": "tests/meter/src/meter.rs",
                  "regions": {
                    "covered": 89,
                    "percent": 95.6,
                    "total": 93
                  }
                }
              ],
              "functions": {
                "covered": 8,
                "percent": 88.8,
                "total": 9
              },
              "lines": {
                "covered": 52,
                "percent": 94.5,
                "total": 55
              },
              "name": "meter",
              "regions": {
                "covered": 89,
                "percent": 95.6,
                "total": 93
              }
            },
            {
              "files": [
                {
                  "functions": {
                    "covered": 0,
                    "percent": 0.0,
                    "total": 3
                  },
                  "lines": {
                    "covered": 0,
                    "percent": 0.0,
                    "total": 26
                  },
                  "path": "sandbox/src/sts.rs",
                  "regions": {
                    "covered": 0,
                    "percent": 0.0,
                    "total": 43
                  }
                }
              ],
              "functions": {
                "covered": 0,
                "percent": 0.0,
                "total": 3
              },
              "lines": {
                "covered": 0,
                "percent": 0.0,
                "total": 26
              },
              "name": "sandbox",
              "regions": {
                "covered": 0,
                "percent": 0.0,
                "total": 43
              }
            }
          ],
          "exit_code": 100,
          "html": null,
          "lcov": null,
          "not_linked": [
            "fixtures",
            "xtask"
          ],
          "tests": {
            "failed": 1,
            "listed": 224,
            "passed": 223
          },
          "total": {
            "functions": {
              "covered": 31,
              "percent": 68.8,
              "total": 45
            },
            "lines": {
              "covered": 156,
              "percent": 65.0,
              "total": 240
            },
            "regions": {
              "covered": 245,
              "percent": 62.9,
              "total": 389
            }
          },
          "version": 1
        }
        "#);
    }
}
