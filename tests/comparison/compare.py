"""Runs the S3 suite and its Python re-creation side by side, and prints how long each takes."""

import argparse
import dataclasses
import json
import os
import pathlib
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import time

import peak_memory

HERE = pathlib.Path(__file__).resolve().parent
WORKSPACE = HERE.parent.parent
sys.path.append(str(WORKSPACE / ".ci"))
from processes import environment  # noqa: E402

VENV = WORKSPACE / "target/comparison/venv"
PYTHON = VENV / "bin/python"

SUITE = "s3_integration"
# Writes and lists 2,001 objects: much of the work of either side.
LONGEST = "long_listings"
# A test that starts its target, writes and reads on it and in local files, and sweeps.
SINGLE = ("round_trips", "one_kilobyte_comes_back")

# What the Python side has not, and why.
WITHOUT_COUNTERPART = {
    "refused_requests::a_bucket_of_another_region_is_named_with_its_region": (
        "boto3 goes to the other region by itself"
    ),
    "settings::the_contract_names_the_buckets_as_the_app_does": "there is no runner to agree with",
    "test_env::a_target_that_wants_tls_for_one_service_gets_it": "boto3 always brings it",
}


@dataclasses.dataclass
class Arm:
    """One way to run tests, and what was measured of it."""

    name: str
    command: list[str]
    cwd: pathlib.Path = WORKSPACE
    wall_seconds: list[float] = dataclasses.field(default_factory=list)
    cpu_seconds: list[float] = dataclasses.field(default_factory=list)
    peak: peak_memory.Peak | None = None

    def run(self) -> None:
        """Once, by the clock, with no one looking."""
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run(
            self.command,
            cwd=self.cwd,
            env=env(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        wall = time.monotonic() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode != 0:
            sys.exit(f"{done.stdout}\nexit code {done.returncode}: {' '.join(self.command)}")
        self.wall_seconds.append(wall)
        self.cpu_seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    def look_at_memory(self) -> None:
        """Once more, watched: looking takes time of its own."""
        code, self.peak = peak_memory.measure(self.command, env(), self.cwd)
        if code != 0:
            sys.exit(f"exit code {code}: {' '.join(self.command)}")

    def wall(self) -> float:
        """The median."""
        return statistics.median(self.wall_seconds)


@dataclasses.dataclass
class Group:
    """Ways to run the same tests."""

    title: str
    rust_tests: int
    python_tests: int
    arms: dict[str, Arm]

    def tests(self, key: str) -> int:
        """How many tests an arm runs."""
        return self.python_tests if key.startswith("moto") else self.rust_tests

    def per_test(self, key: str) -> float:
        """Seconds."""
        return self.arms[key].wall() / self.tests(key)


def main():
    arguments = read_arguments()
    python_environment()
    say("building the tests")
    subprocess.run(["cargo", "build", "--quiet", "--package", "xtask"], cwd=WORKSPACE, check=True)
    binary = test_binary()
    groups = plan(binary, *counted_tests(binary))
    arms = [arm for group in groups for arm in group.arms.values()]
    say("each once, to warm up")
    for arm in arms:
        arm.run()
        arm.wall_seconds.clear()
        arm.cpu_seconds.clear()
    for number in range(arguments.rounds):
        say(f"round {number + 1} of {arguments.rounds}")
        # Each time another one begins, so that none has always the same neighbour.
        for index in range(len(arms)):
            arms[(index + number) % len(arms)].run()
    say("memory")
    for arm in arms:
        arm.look_at_memory()
    if arguments.json:
        print(json.dumps(document(groups), indent=2))
    else:
        show(groups)


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each is timed [3]")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    return parser.parse_args()


def env() -> dict[str, str]:
    """Neither a profile of AWS, nor a run of xtask around us."""
    kept = environment(PYTHONDONTWRITEBYTECODE="1", NO_COLOR="1")
    return {name: value for name, value in kept.items() if not name.startswith("NEXTEST")}


def python_environment() -> None:
    """A virtual environment with `requirements.txt`, made anew where that has changed."""
    wanted, made = HERE / "requirements.txt", VENV / "requirements.txt"
    if made.exists() and made.read_text() == wanted.read_text():
        return
    say(f"Python packages into {VENV.relative_to(WORKSPACE)}")
    subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--requirement", wanted]
    subprocess.run(pip, check=True)
    shutil.copy(wanted, made)


def test_binary() -> str:
    """The built binary of the suites, by cargo's word."""
    command = ["cargo", "test", "--quiet", "--package", "tests", "--no-run"]
    done = subprocess.run(
        [*command, "--message-format", "json"],
        cwd=WORKSPACE,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    for line in done.stdout.splitlines():
        message = json.loads(line)
        target = message.get("target", {})
        if target.get("name") == "suites" and message.get("executable"):
            return message["executable"]
    sys.exit("cargo names no binary of the suites")


def counted_tests(binary: str) -> tuple[list[str], list[str]]:
    """The names on both sides, which have to be the same."""
    listed = output([binary, "--list", "--format", "terse", f"{SUITE}::"], WORKSPACE)
    rust = [line.removesuffix(": test") for line in listed.splitlines() if line.endswith(": test")]
    rust = [name.removeprefix(f"{SUITE}::") for name in rust]
    collected = output([str(PYTHON), "-m", "pytest", "--quiet", "--collect-only"], HERE)
    found = [line for line in collected.splitlines() if "::test_" in line]
    python = [line.removeprefix(f"{SUITE}/test_").replace(".py::test_", "::") for line in found]
    missing = set(rust) - set(python) - set(WITHOUT_COUNTERPART)
    unknown = set(python) - set(rust)
    if missing or unknown:
        sys.exit(
            f"only in Rust: {sorted(missing)}\nonly in Python: {sorted(unknown)}\n"
            f"write the counterpart below {SUITE}/, or its reason into WITHOUT_COUNTERPART"
        )
    return rust, python


def output(command: list[str], cwd: pathlib.Path) -> str:
    """What a command prints."""
    done = subprocess.run(
        command, cwd=cwd, env=env(), stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


def plan(binary: str, rust: list[str], python: list[str]) -> list[Group]:
    """What is compared."""
    short_rust = [name for name in rust if not name.startswith(f"{LONGEST}::")]
    short_python = [name for name in python if not name.startswith(f"{LONGEST}::")]
    module, test = SINGLE
    name = f"{SUITE}::{module}::{test}"
    one = f"{SUITE}/test_{module}.py::test_{test}"
    all_of_them = f"test(/^{SUITE}::/)"
    # xtask takes what names contain, and no expressions.
    modules = sorted({f"{SUITE}::{name.partition('::')[0]}::" for name in short_rust})
    without = f"--ignore={SUITE}/test_{LONGEST}.py"
    xtask = ["cargo", "xtask", "test", "--suite", SUITE]
    nextest = ["cargo", "nextest", "run", "--package", "tests"]
    return [
        Group(
            "the S3 suite",
            len(rust),
            len(python),
            {
                "xtask": Arm("cargo xtask test --suite s3_integration", xtask),
                "nextest": Arm(
                    "cargo nextest run, a sandbox per test", [*nextest, "-E", all_of_them]
                ),
                "binary": Arm("the test binary, one process", [binary, f"{SUITE}::"]),
                "moto in-process": pytest("pytest, moto in process", "in-process"),
                "moto server": pytest("pytest, moto's server", "server"),
                "moto xdist": pytest("pytest -n 2, a server each", "server", "-n", "2"),
            },
        ),
        Group(
            f"without `{LONGEST}`",
            len(short_rust),
            len(short_python),
            {
                "xtask": Arm("cargo xtask test --suite s3_integration", [*xtask, *modules]),
                "binary": Arm(
                    "the test binary, one process", [binary, f"{SUITE}::", "--skip", LONGEST]
                ),
                "moto in-process": pytest("pytest, moto in process", "in-process", without),
                "moto server": pytest("pytest, moto's server", "server", without),
                "moto xdist": pytest("pytest -n 2, a server each", "server", without, "-n", "2"),
            },
        ),
        Group(
            f"one test, `{name}`",
            1,
            1,
            {
                "binary": Arm("the test binary, --exact", [binary, "--exact", name]),
                "xtask": Arm("cargo xtask test NAME", ["cargo", "xtask", "test", name]),
                "moto in-process": pytest("pytest, moto in process", "in-process", one),
                "moto server": pytest("pytest, moto's server", "server", one),
            },
        ),
    ]


def pytest(name: str, moto: str, *arguments: str) -> Arm:
    """One way to run the Python side."""
    command = [str(PYTHON), "-m", "pytest", "--quiet", "--moto", moto, *arguments]
    return Arm(name, command, HERE)


def wanted(groups: list[Group]) -> list[tuple[str, float, float]]:
    """What we want, what was measured, and the most that it may be."""
    suite, short, single = groups
    share = "per test, `cargo xtask test` to moto's server"
    return [
        (share, suite.per_test("xtask") / suite.per_test("moto server"), 0.2),
        (f"{share}, {short.title}", short.per_test("xtask") / short.per_test("moto server"), 0.2),
        ("MB at the peak of `cargo xtask test`", megabytes(suite.arms["xtask"]), 100),
        ("seconds for one test from the start of its binary", single.arms["binary"].wall(), 0.2),
    ]


def megabytes(arm: Arm) -> float:
    """Proportional, so that what several processes share counts once."""
    return arm.peak.proportional / 1e6


def show(groups: list[Group]) -> None:
    """The tables, in Markdown."""
    print(", ".join(f"{name} {value}" for name, value in versions().items()))
    for group in groups:
        counts = f"{group.rust_tests} in Rust, {group.python_tests} in Python"
        print(f"\n{group.title} (tests: {counts})\n")
        print("| | wall s | from - to | CPU s | ms per test | peak MB | of these | resident MB |")
        print("|---|---:|---:|---:|---:|---:|---|---:|")
        for key, arm in group.arms.items():
            spread = f"{min(arm.wall_seconds):.2f} - {max(arm.wall_seconds):.2f}"
            cpu = statistics.median(arm.cpu_seconds)
            largest = sorted(arm.peak.by_program.items(), key=lambda one: -one[1])[:2]
            programs = ", ".join(f"{name} {size / 1e6:.0f}" for name, size in largest)
            print(
                f"| {arm.name} | {arm.wall():.2f} | {spread} | {cpu:.2f} "
                f"| {group.per_test(key) * 1000:.0f} | {megabytes(arm):.0f} | {programs} "
                f"| {arm.peak.resident / 1e6:.0f} |"
            )
    print("\n| wanted | measured | at most | |\n|---|---:|---:|---|")
    for what, measured, most in wanted(groups):
        verdict = "held" if measured <= most else "not held"
        print(f"| {what} | {measured:.2f} | {most:g} | {verdict} |")


def document(groups: list[Group]) -> dict:
    """The same as data."""
    return {
        "versions": versions(),
        "groups": [
            {
                "title": group.title,
                "arms": {
                    key: {
                        "command": arm.name,
                        "tests": group.tests(key),
                        "wall_seconds": arm.wall_seconds,
                        "cpu_seconds": arm.cpu_seconds,
                        "peak": dataclasses.asdict(arm.peak),
                    }
                    for key, arm in group.arms.items()
                },
            }
            for group in groups
        ],
        "wanted": [
            {"what": what, "measured": measured, "at_most": most, "held": measured <= most}
            for what, measured, most in wanted(groups)
        ],
    }


def versions() -> dict[str, str]:
    """What the figures are of."""
    packages = json.loads(output([str(PYTHON), "-m", "pip", "list", "--format=json"], HERE))
    known = {package["name"].lower(): package["version"] for package in packages}
    python = output([str(PYTHON), "-c", "import platform; print(platform.python_version())"], HERE)
    names = ("moto", "boto3", "botocore", "pytest", "pytest-xdist")
    return {
        "date": time.strftime("%Y-%m-%d"),
        "cores": str(os.cpu_count()),
        "machine": platform.machine(),
        "Rust": output(["rustc", "--version"], WORKSPACE).split()[1] + " (dev profile)",
        "Python": python.strip(),
    } | {name: known[name] for name in names}


def say(what: str) -> None:
    """Progress, beside the data."""
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
