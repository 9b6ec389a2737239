"""Lets `cargo xtask coverage` run the suites with counters, and judges what it says.

LLVM's programs are installed where they are missing: as a component of the toolchain, or where that
cannot be had, as the system's package of the same major version.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

from processes import WORKSPACE, check, environment, run

# What the suites cover of the app at the least, in percent; November 2026: 78.4, 80.9 and 76.6.
FLOORS = {"lines": 75, "functions": 77, "regions": 73}

# What the suites link.
CRATES = ["app", "contract", "meter", "sandbox"]

INDEX = WORKSPACE / "target/xtask/coverage/html/index.html"
LCOV = WORKSPACE / "target/ci/coverage.lcov"


def main():
    provide_llvm()
    built()
    LCOV.parent.mkdir(parents=True, exist_ok=True)
    for old in (INDEX, LCOV):
        old.unlink(missing_ok=True)
    command = ("cargo", "xtask", "coverage", "--html", "--lcov", str(LCOV), "--json")
    judge(json.loads(run(*command, env=environment())))
    check(not built(), "an instrumented build leaves the usual one as it is")


def provide_llvm():
    """Installs `llvm-cov` and `llvm-profdata` where cargo xtask coverage would not find them."""
    version = run("rustc", "-vV", env=environment())
    major = re.search(r"^LLVM version: (\d+)", version, re.MULTILINE)[1]
    libraries = run("rustc", "--print", "target-libdir", env=environment()).strip()
    component = pathlib.Path(libraries).with_name("bin") / "llvm-cov"
    if component.exists() or shutil.which(f"llvm-cov-{major}"):
        return
    if subprocess.run(("rustup", "component", "add", "llvm-tools")).returncode == 0:
        return
    as_root = () if os.geteuid() == 0 else ("sudo",)
    for command in (
        ("apt-get", "update", "--quiet", "--quiet"),
        ("apt-get", "install", "--quiet", "--quiet", "--yes", "--no-install-recommends",
         f"llvm-{major}"),
    ):
        run(*as_root, *command, env=environment())


def built():
    """Builds the suites as usual; whether there was something to compile."""
    command = ("cargo", "test", "--package", "tests", "--no-run")
    print("\n$", *command, flush=True)
    done = subprocess.run(
        command, cwd=WORKSPACE, env=environment(), stderr=subprocess.PIPE, text=True
    )
    if done.returncode != 0:
        sys.exit(done.stderr)
    return "Compiling" in done.stderr


def judge(coverage):
    tests = coverage["tests"]
    check(coverage["exit_code"] == 0, "the suites pass with counters")
    check(tests["passed"] == tests["listed"] > 200, f"all tests run: {tests}")
    crates = {crate["name"]: crate for crate in coverage["crates"]}
    check(sorted(crates) == CRATES, f"the crates are those that the suites link: {sorted(crates)}")
    check(coverage["not_linked"] == ["xtask"], f"the rest is named: {coverage['not_linked']}")
    for kind, floor in FLOORS.items():
        sums = [0, 0]
        for name, crate in crates.items():
            figure = crate[kind]
            what = f"{kind} of {name}: {figure}"
            check(0 < figure["covered"] < figure["total"], f"some are covered, some not, {what}")
            files = [file[kind] for file in crate["files"]]
            for index, field in enumerate(("covered", "total")):
                check(sum(file[field] for file in files) == figure[field], f"files add up, {what}")
                sums[index] += figure[field]
        total = coverage["total"][kind]
        check(sums == [total["covered"], total["total"]], f"crates add up to {total}")
        percent = crates["app"][kind]["percent"]
        check(percent >= floor, f"the suites cover {floor} % of the app's {kind}: {percent}")
    pages(crates)
    records(crates)


def pages(crates):
    """Each file that counts has its page, and no other has."""
    check(INDEX.exists(), "there is a first page")
    index = INDEX.read_text()
    links = set(re.findall(r"href='coverage(/[^']+)\.html'", index))
    files = {str(WORKSPACE / file["path"]) for crate in crates.values() for file in crate["files"]}
    check(links == files, f"the pages are those of the files: {sorted(links ^ files)[:5]}")
    for file in files:
        check((INDEX.parent / f"coverage{file}.html").exists(), f"there is a page of {file}")


def records(crates):
    """The file in lcov's format has the same files."""
    sources = set(re.findall(r"^SF:(.+)$", LCOV.read_text(), re.MULTILINE))
    files = {str(WORKSPACE / file["path"]) for crate in crates.values() for file in crate["files"]}
    check(sources == files, f"lcov has the files: {sorted(sources ^ files)[:5]}")


if __name__ == "__main__":
    main()
