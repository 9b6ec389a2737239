"""The Markdown files of the checkout: their sections, blocks of commands, inline code and links."""

import dataclasses
import re
import subprocess

from markdown_it import MarkdownIt
from processes import WORKSPACE


@dataclasses.dataclass
class Block:
    """A fenced block of code."""

    language: str
    text: str
    # Where it begins.
    line: int
    # What the comment right above says, if there is one.
    remark: str


@dataclasses.dataclass
class Document:
    """One Markdown file."""

    # Relative to the workspace.
    path: str
    # Each heading, in order, as it is written.
    headings: list
    # The blocks below each heading, up to the next heading of any level.
    blocks: dict
    # Each piece of inline code, with its line.
    code: list
    # Each target of a link or a picture, with its line.
    links: list
    # Each row of a table as the source of its cells, by the heading it stands below.
    rows: dict


def documents():
    """All that git knows, or would take."""
    command = ("git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md")
    listed = subprocess.run(command, cwd=WORKSPACE, check=True, capture_output=True, text=True)
    return [read(path) for path in sorted(set(listed.stdout.splitlines()))]


def read(path):
    """Reads one."""
    document = Document(path, [], {}, [], [], {})
    tokens = MarkdownIt("commonmark").enable("table").parse((WORKSPACE / path).read_text())
    heading = remark = ""
    for number, token in enumerate(tokens):
        if token.type == "heading_open":
            heading = tokens[number + 1].content
            document.headings.append(heading)
        elif token.type == "html_block":
            remark = token.content.strip()
        elif token.type == "fence":
            block = Block(token.info.strip(), token.content, token.map[0] + 1, remark)
            document.blocks.setdefault(heading, []).append(block)
        elif token.type == "tr_open":
            document.rows.setdefault(heading, []).append([])
        elif token.type == "inline":
            if tokens[number - 1].type in ("td_open", "th_open"):
                document.rows[heading][-1].append(token.content)
            inline(document, token)
        if token.type not in ("html_block", "heading_open", "heading_close"):
            remark = ""
    return document


def inline(document, token):
    """The inline code and the links of one piece of text."""
    line = token.map[0] + 1 if token.map else 0
    for child in token.children:
        if child.type == "code_inline":
            document.code.append((line, child.content))
        elif child.type == "link_open":
            document.links.append((line, child.attrs["href"]))
        elif child.type == "image":
            document.links.append((line, child.attrs["src"]))


def commands(block):
    """The command lines of a block, each as it is typed: comments and line breaks within it are gone."""
    lines = re.sub(r"\\\n\s*", "", block.text).splitlines()
    lines = [re.sub(r"(^|\s+)#\s.*$", "", line).strip() for line in lines]
    return [line for line in lines if line]


def anchor(heading):
    """What a link to a heading ends with."""
    text = re.sub(r"[`*]|\[([^]]*)]\([^)]*\)", r"\1", heading).lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
