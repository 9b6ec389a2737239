"""Writes a test for each suite as a newcomer would, in a copy of the workspace, and looks at what came
of it: the tests are found and pass, the lock learns of them, and nothing is left for a reviewer to say.

The copy is of the last commit.
"""

import json

from fresh_checkout import fresh_checkout
from processes import check, environment, run

# A module for each suite, by a name that no other test has.
MODULES = {
    "s3_integration": "a_newcomers_storage",
    "e2e_model_selection": "a_newcomers_users",
    "performance_aws": "a_newcomers_uploads",
}


def main():
    copy, env = fresh_checkout(), environment()
    for suite, module in MODULES.items():
        run("cargo", "xtask", "new-test", module, "--suite", suite, cwd=copy, env=env)
    run("cargo", "fmt", "--all", "--check", cwd=copy, env=env)

    names = MODULES.values()
    run("cargo", "xtask", "test", *names, cwd=copy, env=env)
    found_and_passed(copy)
    run("cargo", "xtask", "test", "--update-permissions", *names, cwd=copy, env=env)
    # Where CI is set, a lock that does not know a test would fail the run.
    run("cargo", "xtask", "test", *names, cwd=copy, env=env | {"CI": "true"})


def found_and_passed(copy):
    """Each test is in the run's data with a verdict of its own, and no other test is."""
    summary = json.loads((copy / "target/xtask/report/summary.json").read_text())
    ended = {test["name"]: test["status"] for test in summary["tests"]}
    check(len(ended) == len(MODULES), f"nothing else ran: {ended}")
    for suite, module in MODULES.items():
        statuses = [ended[name] for name in ended if name.startswith(f"{suite}::{module}::")]
        # A machine that is too busy to be measured breaks no budget, and keeps none.
        good = (["passed"], ["inconclusive"]) if suite == "performance_aws" else (["passed"],)
        check(statuses in good, f"the test of `{module}` ran and passed: {ended}")


if __name__ == "__main__":
    main()
