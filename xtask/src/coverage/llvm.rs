//! The programs of LLVM that read what an instrumented build counts.
//!
//! The format of the counters grows with LLVM's major versions, so that only programs of the compiler's
//! own major read them. Rust has them as a component of the toolchain; where that cannot be had, those of
//! a system's packages do as well.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use xshell::cmd;

use crate::context::Context;
use crate::error::Hint as _;
use crate::tool;

/// Names `llvm-cov`, as for cargo-llvm-cov.
pub(super) const COV_VARIABLE: &str = "LLVM_COV";

/// Names `llvm-profdata`, as for cargo-llvm-cov.
pub(super) const PROFDATA_VARIABLE: &str = "LLVM_PROFDATA";

/// Both programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tools {
    pub(super) cov: PathBuf,
    pub(super) profdata: PathBuf,
}

/// Finds those that the variables name, those of the toolchain, or those of the system.
///
/// # Errors
/// Where there are none of the compiler's major version; says what was looked at.
pub(super) fn find(cx: &Context) -> Result<Tools> {
    let compiler = Compiler::ask(cx)?;
    let named = named(cx.config.get(COV_VARIABLE), cx.config.get(PROFDATA_VARIABLE))?;
    choose(&compiler, named, &version_of)
}

/// What the variables name.
fn named(cov: Option<&str>, profdata: Option<&str>) -> Result<Option<Tools>> {
    let one = |set: &str, unset: &str| {
        Err(anyhow!("`{set}` is set and `{unset}` is not"))
            .hint(format_args!("set both or none: `{COV_VARIABLE}` and `{PROFDATA_VARIABLE}`"))
    };
    match (cov, profdata) {
        (Some(cov), Some(profdata)) => {
            Ok(Some(Tools { cov: cov.into(), profdata: profdata.into() }))
        }
        (Some(_), None) => one(COV_VARIABLE, PROFDATA_VARIABLE),
        (None, Some(_)) => one(PROFDATA_VARIABLE, COV_VARIABLE),
        (None, None) => Ok(None),
    }
}

/// The compiler that cargo calls.
struct Compiler {
    /// `1.95.0`
    release: String,
    /// `22`
    llvm_major: u32,
    /// Where its component `llvm-tools` has its programs.
    folder: PathBuf,
}

impl Compiler {
    fn ask(cx: &Context) -> Result<Compiler> {
        let sh = tool::shell(cx)?;
        // Cargo takes the same.
        let rustc = cx.config.get("RUSTC").unwrap_or("rustc");
        let ask = |args: &[&str]| {
            let command = tool::as_from_a_shell(cx, cmd!(sh, "{rustc} {args...}"));
            command.quiet().read().with_context(|| format!("asking `{rustc}` for its version"))
        };
        let libraries = PathBuf::from(ask(&["--print", "target-libdir"])?);
        Compiler::read(&ask(&["-vV"])?, libraries)
    }

    /// Reads `rustc -vV`.
    fn read(version: &str, libraries: PathBuf) -> Result<Compiler> {
        let field = |name: &str| {
            let value =
                version.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            value.with_context(|| format!("`rustc -vV` says nothing of its `{name}`"))
        };
        let llvm = field("LLVM version")?;
        let llvm_major = llvm.split('.').next().and_then(|major| major.parse().ok());
        Ok(Compiler {
            release: field("release")?.to_owned(),
            llvm_major: llvm_major.with_context(|| format!("`{llvm}` is no version of LLVM"))?,
            folder: libraries.with_file_name("bin"),
        })
    }

    /// Where the programs may be, those of the toolchain first.
    fn places(&self) -> Vec<Tools> {
        let major = self.llvm_major;
        let in_folder = |folder: &Path| {
            let program =
                |name: &str| folder.join(name).with_extension(std::env::consts::EXE_EXTENSION);
            Tools { cov: program("llvm-cov"), profdata: program("llvm-profdata") }
        };
        let on_path = |ending: &str| Tools {
            cov: format!("llvm-cov{ending}").into(),
            profdata: format!("llvm-profdata{ending}").into(),
        };
        // Homebrew on either processor; Debian and Ubuntu, Fedora.
        let systems: [String; 2] = if cfg!(target_os = "macos") {
            ["/opt/homebrew", "/usr/local"].map(|root| format!("{root}/opt/llvm@{major}/bin"))
        } else {
            [format!("/usr/lib/llvm-{major}/bin"), format!("/usr/lib64/llvm{major}/bin")]
        };
        let mut places = vec![in_folder(&self.folder), on_path(&format!("-{major}"))];
        places.extend(systems.iter().map(|folder| in_folder(Path::new(folder))));
        places.push(on_path(""));
        places
    }
}

/// What a program says of its version; `None` where there is no such program.
fn version_of(program: &Path) -> Option<String> {
    let output = std::process::Command::new(program).arg("--version").output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Takes the first pair that fits; one that was named has to.
fn choose(
    compiler: &Compiler,
    named: Option<Tools>,
    version_of: &impl Fn(&Path) -> Option<String>,
) -> Result<Tools> {
    let Compiler { release, llvm_major: major, .. } = compiler;
    if let Some(tools) = named {
        if let Some(fault) = fault(*major, &tools, version_of) {
            return Err(anyhow!("{fault}; rustc {release} counts in the format of LLVM {major}"))
                .context(format!(
                    "`{COV_VARIABLE}` and `{PROFDATA_VARIABLE}` name what cannot be used"
                ))
                .hint(format_args!("name those of LLVM {major}, or unset both"));
        }
        return Ok(tools);
    }
    let mut faults = Vec::new();
    for tools in compiler.places() {
        match fault(*major, &tools, version_of) {
            None => return Ok(tools),
            Some(fault) => faults.push(fault),
        }
    }
    Err(anyhow!("{}", faults.join("; ")))
        .context(format!(
            "`llvm-cov` and `llvm-profdata` of LLVM {major} are missing: rustc {release} is built with it, and no other version reads its counters"
        ))
        .hint(if cfg!(target_os = "macos") {
            format!("brew install llvm@{major}")
        } else {
            format!("apt-get install llvm-{major}")
        })
        .hint("rustup component add llvm-tools")
}

/// Why a pair cannot be used.
fn fault(
    major: u32,
    tools: &Tools,
    version_of: &impl Fn(&Path) -> Option<String>,
) -> Option<String> {
    [&tools.cov, &tools.profdata].into_iter().find_map(|program| {
        let shown = program.display();
        match version_of(program).map(|said| llvm_major(&said)) {
            None => Some(format!("`{shown}` is not there")),
            Some(Some(found)) if found == major => None,
            Some(Some(found)) => Some(format!("`{shown}` is of LLVM {found}")),
            Some(None) => Some(format!("`{shown}` does not say which LLVM it is of")),
        }
    })
}

/// The major version, of `Debian LLVM version 22.1.8` or `LLVM version 22.1.2-rust-1.95.0-stable`. Apple's
/// versions are its own.
fn llvm_major(said: &str) -> Option<u32> {
    let line =
        said.lines().find(|line| !line.contains("Apple") && line.contains("LLVM version "))?;
    let (_, version) = line.split_once("LLVM version ")?;
    version.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::error::hints;

    const RUSTC: &str = "rustc 1.95.0 (59807616e 2026-04-14)\nbinary: rustc\nhost: x86_64-unknown-linux-gnu\nrelease: 1.95.0\nLLVM version: 22.1.2\n";
    const COMPONENT: &str =
        "LLVM (http://llvm.org/):\n  LLVM version 22.1.2-rust-1.95.0-stable\n  Optimized build.\n";
    const DEBIAN: &str = "Debian LLVM version 22.1.8\n  Optimized build.\n";
    const OLDER: &str = "Ubuntu LLVM version 18.1.3\n  Optimized build.\n";
    const NEWER: &str = "Ubuntu LLVM version 23.1.0\n  Optimized build.\n";
    const APPLE: &str = "Apple LLVM version 22.0.0 (clang-2200.0.1)\n";

    const SYSROOT: &str = "/rust/lib/rustlib/x86_64-unknown-linux-gnu";

    fn compiler() -> Compiler {
        Compiler::read(RUSTC, Path::new(SYSROOT).join("lib")).unwrap()
    }

    fn pair(cov: &str, profdata: &str) -> Tools {
        Tools { cov: cov.into(), profdata: profdata.into() }
    }

    /// On a machine that has these programs, each of which says so of its version.
    fn chosen(programs: &[(&str, &str)], named: Option<Tools>) -> Result<Tools> {
        let programs: BTreeMap<_, _> = programs.iter().copied().collect();
        choose(&compiler(), named, &|program| {
            programs.get(program.to_str().unwrap()).map(|said| (*said).to_owned())
        })
    }

    #[test]
    fn the_toolchains_own_come_first_then_the_systems_of_the_same_major() {
        let component = [format!("{SYSROOT}/bin/llvm-cov"), format!("{SYSROOT}/bin/llvm-profdata")];
        let [cov, profdata] = component.each_ref().map(String::as_str);
        let component = [(cov, COMPONENT), (profdata, COMPONENT)];
        let suffixed = [("llvm-cov-22", DEBIAN), ("llvm-profdata-22", DEBIAN)];
        let folder = if cfg!(target_os = "macos") {
            ["/usr/local/opt/llvm@22/bin/llvm-cov", "/usr/local/opt/llvm@22/bin/llvm-profdata"]
        } else {
            ["/usr/lib/llvm-22/bin/llvm-cov", "/usr/lib/llvm-22/bin/llvm-profdata"]
        };
        let folder = folder.map(|program| (program, DEBIAN));
        let plain = [("llvm-cov", DEBIAN), ("llvm-profdata", DEBIAN)];
        for (programs, expected) in [
            ([&component[..], &suffixed, &folder, &plain].concat(), pair(cov, profdata)),
            // Half of the component is none.
            (
                [&component[..1], &suffixed, &folder].concat(),
                pair("llvm-cov-22", "llvm-profdata-22"),
            ),
            ([&suffixed[1..], &folder, &plain].concat(), pair(folder[0].0, folder[1].0)),
            (plain.to_vec(), pair("llvm-cov", "llvm-profdata")),
        ] {
            assert_eq!(chosen(&programs, None).unwrap(), expected, "{programs:?}");
        }
    }

    #[test]
    fn another_major_is_refused_and_said_to_be() {
        for (said, fault) in [
            (OLDER, "`llvm-cov` is of LLVM 18"),
            (NEWER, "`llvm-cov` is of LLVM 23"),
            (APPLE, "`llvm-cov` does not say which LLVM it is of"),
            ("", "`llvm-cov` does not say which LLVM it is of"),
        ] {
            let programs = [("llvm-cov", said), ("llvm-profdata", DEBIAN)];
            let error = chosen(&programs, None).unwrap_err();
            let text = format!("{error:#}");
            let missing = "`llvm-cov` and `llvm-profdata` of LLVM 22 are missing: ";
            assert!(text.starts_with(missing), "{text}");
            assert!(text.contains("`llvm-cov-22` is not there; "), "{text}");
            assert!(text.ends_with(fault), "{text}");
            assert_eq!(hints(&error)[0], "rustup component add llvm-tools");
            assert!(hints(&error)[1].ends_with("22"), "{error:#}");
        }
    }

    #[test]
    fn what_the_variables_name_is_taken_or_refused_and_never_passed_over() {
        let good = [("llvm-cov-22", DEBIAN), ("llvm-profdata-22", DEBIAN)];
        let mine = pair("/mine/llvm-cov", "/mine/llvm-profdata");
        let with = |cov, profdata| {
            let programs = [("/mine/llvm-cov", cov), ("/mine/llvm-profdata", profdata)];
            chosen(&[&good[..], &programs].concat(), Some(mine.clone()))
        };
        assert_eq!(with(COMPONENT, DEBIAN).unwrap(), mine);
        let text = format!("{:#}", with(DEBIAN, OLDER).unwrap_err());
        assert!(
            text.ends_with(
                "`/mine/llvm-profdata` is of LLVM 18; rustc 1.95.0 counts in the format of LLVM 22"
            ),
            "{text}"
        );
        let text = format!("{:#}", chosen(&good, Some(mine)).unwrap_err());
        assert!(text.contains("`/mine/llvm-cov` is not there"), "{text}");
    }

    #[test]
    fn one_variable_without_the_other_is_refused() {
        assert_eq!(named(None, None).unwrap(), None);
        assert_eq!(named(Some("a"), Some("b")).unwrap(), Some(pair("a", "b")));
        let error = named(Some("a"), None).unwrap_err();
        assert_eq!(error.to_string(), "`LLVM_COV` is set and `LLVM_PROFDATA` is not");
        let error = named(None, Some("b")).unwrap_err();
        assert_eq!(error.to_string(), "`LLVM_PROFDATA` is set and `LLVM_COV` is not");
    }

    #[test]
    fn a_compiler_without_llvm_is_said_to_be() {
        let other = RUSTC.replace("LLVM version: 22.1.2\n", "");
        let error = Compiler::read(&other, PathBuf::new()).err().unwrap();
        assert_eq!(error.to_string(), "`rustc -vV` says nothing of its `LLVM version`");
        assert_eq!(compiler().folder, Path::new(SYSROOT).join("bin"));
    }
}
