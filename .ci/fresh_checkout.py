"""A clone of what is committed, with a target folder of its own, to try things in as a newcomer would.

Nobody's work tree and nobody's `app/.env` is touched. The target folder cannot be shared: cargo takes
what was built from a clone for what the workspace would build, and paths of the clone are compiled into
it. So it has its own, which begins with the dependencies that the workspace has built already, and is
kept from one time to the next.
"""

import json
import os
import shutil
import subprocess

from processes import WORKSPACE, environment

CLONE = WORKSPACE / "target/ci/checkout"


def fresh_checkout():
    """The clone at the workspace's HEAD, without anything that runs have left."""
    if (CLONE / ".git").exists():
        git("fetch", "--quiet", "--force", str(WORKSPACE), "HEAD", cwd=CLONE)
        git("reset", "--quiet", "--hard", "FETCH_HEAD", cwd=CLONE)
    else:
        git("clone", "--quiet", str(WORKSPACE), str(CLONE), cwd=WORKSPACE)
    git("clean", "-ffdxq", "--exclude=/target", cwd=CLONE)
    if changed := git("status", "--short", cwd=WORKSPACE):
        print(f"not committed, and therefore not tried:\n{changed}", end="")
    target = CLONE / "target"
    if not (target / "debug").exists():
        seed(WORKSPACE / "target/debug", target / "debug")
    for left in [target / "xtask/runs", target / "xtask/report", *target.glob("app*")]:
        shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
    # What was installed once is not installed again.
    link(WORKSPACE / "target/xtask/tools", target / "xtask/tools")
    link(WORKSPACE / "target/ci/venv", target / "ci/venv")
    return CLONE


def git(*args, cwd):
    done = subprocess.run(("git", *args), cwd=cwd, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def seed(source, target):
    """Gives `target` the dependencies that are built in `source`, and nothing of the members."""
    if not (source / ".fingerprint").exists():
        return
    members = member_names()
    fingerprints = {entry.name: entry.name.rpartition("-") for entry in (source / ".fingerprint").iterdir()}
    of_members = {name for name, (package, _, _) in fingerprints.items() if package in members}
    hashes = {fingerprints[name][2] for name in of_members}
    for folder in (".fingerprint", "build"):
        for entry in (source / folder).iterdir():
            if entry.name.rpartition("-")[0] not in members:
                shutil.copytree(entry, target / folder / entry.name, symlinks=True)
    (target / "deps").mkdir(parents=True)
    for file in (source / "deps").iterdir():
        if file.name.split(".")[0].rpartition("-")[2] not in hashes and file.is_file():
            # Never written again: what a dependency is built to is replaced as a whole.
            os.link(file, target / "deps" / file.name)


def member_names():
    command = ("cargo", "metadata", "--no-deps", "--format-version", "1", "--offline")
    done = subprocess.run(
        command, cwd=WORKSPACE, env=environment(), check=True, stdout=subprocess.PIPE, text=True
    )
    return {package["name"] for package in json.loads(done.stdout)["packages"]}


def link(source, place):
    if source.exists() and not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(source)
