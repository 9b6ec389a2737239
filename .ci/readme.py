"""Runs every command of the README and of the other documents, in order, and looks at what came of it.

A clone of what is committed stands for the newcomer's checkout, an embedded AWS for the account. What
is written in a document is what runs, in a shell that remembers what was exported in the section. Each
section with commands has a function here that takes them one by one, and judges them by what they did:
a command that nobody judges fails the check, and so does a judgement without its command.
"""

import argparse
import contextlib
import tempfile

import readme_app
import readme_aws
import readme_runs
from documents import commands, documents
from fresh_checkout import CLONE, fresh_checkout
from processes import check, environment, sandbox
from shell import Shell


class Section:
    """The commands below one heading, which are taken one by one."""

    def __init__(self, document, heading, shell):
        self.name = f"{document.path}, {heading}"
        self.blocks = document.blocks[heading]
        self.lines = [line for block in self.blocks if block.language == "sh" for line in commands(block)]
        self.shell = shell

    def take(self, expected):
        """The next command, which is to be the one that is judged next."""
        check(self.lines, f"{self.name}: `{expected}` is judged, and not there")
        line = self.lines.pop(0)
        check(line == expected, f"{self.name}: `{line}` is judged as it was: `{expected}`")
        return line

    def run(self, expected):
        """Runs it; what it says on stdout."""
        return self.shell.run(self.take(expected))

    def rest(self):
        """All that are left."""
        lines, self.lines = self.lines, []
        return lines


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--all", action="store_true", help="the benchmarks too: some minutes")
    arguments.add_argument("--only", metavar="HEADING", action="append", help="these sections alone")
    arguments = arguments.parse_args()
    found = documents()
    judges_and_sections_agree(found)
    fresh_checkout()
    with sandbox() as exports, tempfile.TemporaryDirectory() as folder:
        account = readme_aws.Account(exports, folder)
        for path, sections in JUDGES.items():
            document = next(document for document in found if document.path == path)
            with contextlib.ExitStack() as until_the_end:
                context = Context(account, exports, arguments.all, until_the_end)
                for heading, judge in sections.items():
                    if arguments.only and heading not in arguments.only:
                        continue
                    section = Section(document, heading, Shell(CLONE, environment(**account.variables)))
                    print(f"\n--- {section.name}", flush=True)
                    judge(section, context)
                    check(not section.lines, f"{section.name}: nobody judges `{section.lines[:1]}`")
    if not arguments.only:
        print("\nevery command of the documents does what they say")


class Context:
    """What a judgement may need besides the commands."""

    def __init__(self, account, exports, at_length, until_the_end):
        self.account, self.exports, self.at_length = account, exports, at_length
        # What runs on while the next sections of the document are read.
        self.until_the_end = until_the_end


def judges_and_sections_agree(found):
    """Each section with commands has a judgement, and each judgement its section."""
    for document in found:
        with_commands = []
        for heading, blocks in document.blocks.items():
            for block in blocks:
                known = block.language in ("sh", "rust", "toml", "text")
                check(known, f"{document.path}: a block in `{block.language}`; commands are in `sh`")
            if any(block.language == "sh" for block in blocks):
                with_commands.append(heading)
        judged = list(JUDGES.get(document.path, {}))
        check(with_commands == judged, f"{document.path}: judged are {judged}, commands have {with_commands}")


JUDGES = {
    "README.md": {
        "Two commands": readme_runs.two_commands,
        "What just happened": readme_runs.report,
        "On AWS": readme_aws.on_aws,
        "Other servers": readme_aws.other_servers,
        "On several machines": readme_aws.on_several_machines,
        "Permissions": readme_aws.permissions,
        "When something is wrong": readme_aws.when_something_is_wrong,
        "How to write a test": readme_runs.how_to_write_a_test,
        "Performance": readme_aws.performance,
        "What a run costs": readme_aws.what_a_run_costs,
        "How fast": readme_runs.how_fast,
        "Coverage": readme_runs.coverage,
    },
    "docs/app.md": {
        "The app": readme_app.by_itself_begins,
        "By itself": readme_app.by_itself,
        "With S3 and models": readme_app.with_all_of_it,
    },
    "CONTRIBUTING.md": {
        "What has to pass": readme_runs.what_has_to_pass,
        "Add a test": readme_runs.add_a_test,
        "Add a scenario to the performance suite": readme_runs.add_a_scenario,
        "Renew what is generated": readme_runs.renew,
    },
    "tests/comparison/README.md": {
        "The S3 suite against what one would write otherwise": readme_runs.by_hand,
    },
}


if __name__ == "__main__":
    main()
