"""Makes the README's picture anew: what `cargo xtask test` prints on a terminal, as an SVG file.

The command runs on a terminal of its own. Of its lines those are kept that show what a run is; where
lines are left out, a mark says how many. The file needs nothing beside itself: no font, no network.
"""

import fcntl
import os
import pty
import re
import struct
import sys
import termios
import xml.etree.ElementTree as ElementTree

from processes import WORKSPACE, environment, run
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

PICTURE = WORKSPACE / "docs/run.svg"
COMMAND = ("cargo", "xtask", "test")
COLUMNS = 110

# How many tests are shown at the most, and how many lines of the table of measurements.
TESTS, MEASUREMENTS = 5, 4

# Background and text; eight colours; eight bright ones. All stand out from the background by 4.5 or more.
THEME = TerminalTheme(
    (22, 27, 34),
    (230, 237, 243),
    [(145, 152, 161), (255, 123, 114), (86, 211, 100), (227, 179, 65)]
    + [(121, 192, 255), (210, 168, 255), (118, 227, 234), (230, 237, 243)],
    [(145, 152, 161), (255, 161, 152), (126, 231, 135), (242, 204, 96)]
    + [(165, 214, 255), (226, 197, 255), (179, 240, 255), (255, 255, 255)],
)

# A dark terminal with a border looks the same on a light and on a dark page.
FORMAT = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>A run of cargo xtask test</title>
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-family: system-ui, "Segoe UI", Helvetica, Arial, sans-serif; font-size: 18px; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def main():
    # Not to be seen: what is built once.
    run("cargo", "build", "--quiet", "--package", "xtask", env=environment())
    run("cargo", "test", "--quiet", "--no-run", "--package", "tests", env=environment())
    lines, code = recorded()
    if code != 0:
        sys.stdout.write("\n".join(plain(lines)) + "\n")
        sys.exit(f"exit code {code}: {' '.join(COMMAND)}")
    shown = chosen(lines)
    PICTURE.write_text(drawn(shown))
    print(f"{PICTURE.relative_to(WORKSPACE)}: {len(shown)} of {len(lines)} lines")


def recorded():
    """The lines of the command on a terminal, with their colours, and its exit code."""
    env = environment(
        TERM="xterm-256color",
        # What moves would be gone by the end.
        NEXTEST_HIDE_PROGRESS_BAR="1",
        CARGO_TERM_PROGRESS_WHEN="never",
    )
    for name in ("CI", "NO_COLOR", "CLICOLOR", "CARGO_TERM_COLOR", "GITHUB_ACTIONS"):
        env.pop(name, None)
    process, terminal = pty.fork()
    if process == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
        os.chdir(WORKSPACE)
        os.execvpe(COMMAND[0], COMMAND, env)
    output = b""
    # Linux ends a terminal with an error, once nobody writes to it any more.
    try:
        while part := os.read(terminal, 1 << 16):
            output += part
    except OSError:
        pass
    _, status = os.waitpid(process, 0)
    text = output.decode().replace("\r\n", "\n")
    # Of a line that was written over, the last state; of what is not colour, nothing.
    lines = [line.rsplit("\r", 1)[-1] for line in text.split("\n")]
    lines = [re.sub(r"\x1b\[[0-9;?]*[A-HJKSThl]", "", line) for line in lines]
    while lines and not lines[-1].strip():
        lines.pop()
    return lines, os.waitstatus_to_exitcode(status)


def plain(lines):
    """The lines without their colours."""
    return [Text.from_ansi(line).plain.rstrip() for line in lines]


def chosen(lines):
    """What the run is, some of its tests, some of its measurements, and the whole summary."""
    text = plain(lines)
    table = first(text, r" operation +n +p50")
    ranges = [
        range(0, first(text, r" +Running ") + 1),
        range(first(text, r" +Starting "), first(text, r" +Starting ") + 1),
        some_tests(text),
        range(first(text, r" +Summary \["), first(text, r" +Summary \[") + 1),
        range(table, table + 1 + MEASUREMENTS),
        range(first(text, r" +Summary run ") - 1, len(lines)),
    ]
    shown, end = [], 0
    for kept in ranges:
        if kept.start == end + 1:
            # The mark would take as much room.
            shown.append(lines[end])
        elif kept.start > end:
            shown.append(f"\x1b[90m{'⋮':>12} {kept.start - end} lines\x1b[0m")
        shown += lines[kept.start : kept.stop]
        end = kept.stop
    return shown


def some_tests(text):
    """The first lines with tests that stand side by side and are not wrapped, as many as there are."""
    best = range(0)
    for start in range(len(text)):
        end = start
        while end - start < TESTS and end < len(text) and is_short_pass(text[end]):
            end += 1
        if end - start > len(best):
            best = range(start, end)
    if not best:
        sys.exit(f"no test has a name that fits into {COLUMNS} columns")
    return best


def is_short_pass(line):
    return re.match(r" +PASS ", line) and len(line) <= COLUMNS


def first(text, pattern):
    """The number of the first line that begins so."""
    for number, line in enumerate(text):
        if re.match(pattern, line):
            return number
    sys.exit(f"the run has no line that begins with `{pattern}`")


def drawn(lines):
    """The lines as a picture of a terminal."""
    with open(os.devnull, "w") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True)
        console.print(Text.from_ansi(f"\x1b[90m$\x1b[0m \x1b[1m{' '.join(COMMAND)}\x1b[0m"))
        for line in lines:
            console.print(Text.from_ansi(line), highlight=False)
        # The last line would be cut off at its feet.
        console.print()
    return console.export_svg(
        title=" ".join(COMMAND), theme=THEME, code_format=FORMAT, unique_id="run"
    )


def lines_of(picture):
    """The text of a picture, line by line."""
    rows = {}
    for element in ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}text"):
        text = (element.text or "").rstrip("\n").replace("\xa0", " ")
        if "clip-path" in element.keys() and text:
            # Where nothing but space stands, nothing is drawn.
            column = round(float(element.get("x")) / (float(element.get("textLength")) / len(text)))
            row = rows.get(element.get("y"), "")
            rows[element.get("y")] = row.ljust(column) + text
    return [row.rstrip() for row in rows.values()]


if __name__ == "__main__":
    main()
