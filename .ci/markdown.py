"""Holds every Markdown file to the checkout: links, commands, flags, paths and exit codes exist.

What a command does when it is run is the matter of `readme.py`; here it is only that nothing is named
that is not there.
"""

import pathlib
import re
import sys

from documents import anchor, commands, documents
from processes import WORKSPACE, environment, run

# The folders and files of the workspace that a text may name.
FOLDERS = r"(xtask|app|sandbox|tests|docs|workspace-hack|\.ci|\.config|\.github)/"

# Named without being there: what the user makes.
OF_THE_USER = {"app/.env", "tests/suites/s3_integration/greetings.rs"}

# Documents that speak of another program's flags, too.
FLAGS_OF_OTHERS = {"tests/comparison/README.md"}


def main():
    flags = flags_by_command()
    found = documents()
    anchors = {document.path: {anchor(heading) for heading in document.headings} for document in found}
    wrong = []
    for document in found:
        named = list(document.code)
        for block in (block for blocks in document.blocks.values() for block in blocks):
            if block.language == "sh":
                named += [(block.line, line) for line in commands(block)]
        for line, text in named:
            faults = command_faults(text, flags)
            if document.path not in FLAGS_OF_OTHERS:
                faults += flag_faults(text, flags)
            wrong += [f"{document.path}:{line}: {fault}" for fault in faults + path_faults(text)]
        for line, target in document.links:
            fault = link_fault(document.path, target, anchors)
            wrong += [f"{document.path}:{line}: {fault}"] if fault else []
    readme = next(document for document in found if document.path == "README.md")
    wrong += table_faults(readme, flags) + exit_code_faults(readme)
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{len(found)} documents name nothing that is not there")


def flags_by_command():
    """The flags of each command of `cargo xtask`, by its own help."""
    run("cargo", "build", "--quiet", "--package", "xtask", env=environment())

    def flags(name):
        helped = run(str(WORKSPACE / "target/debug/xtask"), name, "--help", env=environment(), show=False)
        return set(re.findall(r"^ +(?:-\w, )?(--[a-z][a-z-]*)", helped, re.MULTILINE))

    declared = (WORKSPACE / "xtask/src/cli.rs").read_text()
    declared = re.search(r"^enum Command \{(.*?)^\}", declared, re.MULTILINE | re.DOTALL).group(1)
    # What is hidden is for ourselves.
    declared = re.sub(r"#\[command\([^)]*hide = true\)]\s+\w+\(.*\),", "", declared)
    names = re.findall(r"^    (\w+)\(", declared, re.MULTILINE)
    names = [re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower() for name in names]
    return {name: flags(name) for name in names}


def command_faults(text, flags):
    """What is wrong with each `cargo xtask ...` in it."""
    faults = []
    for part in re.split(r"&&|;|\|(?!\w)", text):
        for name, rest in re.findall(r"cargo xtask ([a-z][a-z-]*)([^#]*)", part):
            if name not in flags:
                faults.append(f"there is no `cargo xtask {name}`")
                continue
            ours, *_ = re.split(r" \[?-- ", rest)
            for flag in re.findall(r"(?<![\w-])--[a-z][a-z-]*", ours):
                if flag not in flags[name]:
                    faults.append(f"`cargo xtask {name}` has no `{flag}`")
    return faults


def flag_faults(text, flags):
    """A flag alone is one of some command of ours."""
    if re.match(r"--[a-z]", text):
        flag = re.match(r"--[a-z-]+", text).group()
        if not any(flag in of_one for of_one in flags.values()):
            return [f"no command has `{flag}`"]
    return []


def path_faults(text):
    """Something that looks like a path of the workspace is one."""
    # Capitals and `<...>` stand for something, `...` for more of it.
    if not re.fullmatch(FOLDERS + r"[\w.*/-]*", text) or re.search(r"[A-Z]{3}|\.\.\.", text):
        return []
    if text in OF_THE_USER or text.startswith("test/"):
        return []
    return [] if any(WORKSPACE.glob(text)) else [f"there is no `{text}`"]


def link_fault(path, target, anchors):
    """A link leads to a file of the checkout, and to a heading where it names one."""
    if re.match(r"[a-z]+:", target):
        return None
    file, _, place = target.partition("#")
    full = (WORKSPACE / path).parent / file if file else WORKSPACE / path
    if not full.exists():
        return f"the link `{target}` leads nowhere"
    known = anchors.get(str(pathlib.Path(full).resolve().relative_to(WORKSPACE)))
    if place and known is not None and place not in known:
        return f"`{target}`: there is no such heading"
    return None


def table_faults(readme, flags):
    """The table of commands has a row for each, and no other."""
    shown = {
        re.match(r"`cargo xtask ([a-z-]+)", row[0]).group(1)
        for row in readme.rows["Commands"]
        if row[0].startswith("`cargo xtask ")
    }
    faults = [f"README.md: the table of commands lacks `{name}`" for name in flags.keys() - shown]
    return faults + [f"README.md: `{name}` is no command" for name in shown - flags.keys()]


def exit_code_faults(readme):
    """The table of exit codes has each of ours, and no other."""
    source = (WORKSPACE / "xtask/src/exit.rs").read_text()
    ours = set(re.findall(r"Exit::\w+ => (\d+),", source))
    # Those of clap and of nextest.
    others = {"2", "4", "100", "101"}
    shown = set()
    for row in readme.rows["Commands"]:
        if re.match(r"\d", row[0]):
            shown |= set(re.findall(r"\d+", row[0]))
    return [
        f"README.md: the table of exit codes and `xtask/src/exit.rs` differ in {code}"
        for code in sorted(shown ^ (ours | others))
    ]


if __name__ == "__main__":
    main()
