"""A page of text: headings, wrapped paragraphs, and commands that survive being copied."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from ..deferred import dataclass
from ..redaction import is_clean, redact, visible

INDENT: Final = "  "
UNSHOWN: Final = "A name in it holds characters that cannot be shown, so there is no command for it here."
_RESET: Final = "\x1b[0m"


class Hue(StrEnum):
    """What a colour says; it is always said in words too."""

    PLAIN = ""
    STRONG = "\x1b[1m"
    BAD = "\x1b[1;31m"
    GOOD = "\x1b[1;32m"
    UNSURE = "\x1b[1;33m"
    FAINT = "\x1b[2m"


@dataclass(frozen=True)
class Look:
    """What the page is written for."""

    width: int = 80  # in columns
    colour: bool = False  # whether colours may be used
    symbols: bool = True  # whether anything beyond ASCII may be used for the tool's own marks
    whole: bool = False  # whether what would not fit a screen is told too: other ways out whole, and what was read


class TextPage:
    """Lines, written one after the other."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self.lines: list[str] = []

    def __str__(self) -> str:
        return "\n".join(self.lines).strip("\n") + "\n"

    def gap(self) -> None:
        """Leave one line blank, never two."""
        if self.lines and self.lines[-1]:
            self.lines.append("")

    def heading(self, text: str) -> None:
        """Begin a section."""
        self.gap()
        self.lines += [self.paint(line, Hue.STRONG) for line in self.wrapped(text, "", "")]

    def headline(self, word: str, hue: Hue, text: str, tag: str = "", note: str = "") -> None:
        """Write the main line, its first words in colour, with a tag at the end or below it, and a note below that."""
        whole = f"{word}{text}"
        tagged = f"{whole}   {tag}" if tag else whole
        if len(tagged) <= self.look.width:
            lines = [tagged]
        else:
            lines = self.wrapped(whole, "", INDENT)
            if tag and note and len(f"{INDENT}{tag}   {note}") <= self.look.width:
                tag, note = f"{tag}   {note}", ""
            lines += [INDENT + tag] if tag else []
        if lines[0].startswith(word):
            lines[0] = self.paint(word, hue) + lines[0].removeprefix(word)
        self.lines += [*lines, *([INDENT + note] if note else [])]

    def paragraph(self, text: str, indent: str = INDENT) -> None:
        """Write a wrapped paragraph."""
        self.lines += self.wrapped(text, indent, indent)

    def item(self, text: str, indent: str = INDENT) -> None:
        """Write an item of a list."""
        self.lines += self.wrapped(text, f"{indent}- ", f"{indent}  ")

    def verbatim(self, lines: list[str], indent: str = INDENT * 2) -> None:
        """Write lines as they are."""
        self.lines += [f"{indent}{line}".rstrip() for line in lines]

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """Write rows of as many columns, each as wide as its longest cell."""
        widths = [max(map(len, column)) + 2 for column in zip(*rows, strict=True)]
        lines = ["".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows]
        self.verbatim(lines, INDENT)

    def command(self, command: str, indent: str = INDENT * 2) -> None:
        """Write a command so that what is pasted is what runs: in one line, or continued by backslashes.

        One that cannot be shown as it is, is not shown at all: shortened, it would be another one.
        """
        if not is_clean(command):
            self.paragraph(UNSHOWN, indent)
            return
        self.verbatim(continued(command, self.look.width - len(indent)), indent)

    def wrapped(self, text: str, first: str, rest: str) -> list[str]:
        """Wrap a text; a word that is longer than the line, a URL, say, is never broken."""
        return textwrap.wrap(
            redact(visible(text)),
            max(self.look.width, 20),
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def paint(self, text: str, hue: Hue) -> str:
        """Colour a text, where colours may be used."""
        return f"{hue}{text}{_RESET}" if self.look.colour and hue else text


def continued(command: str, width: int) -> list[str]:
    """Return a command broken between its words; one that is more than words, a pipe, say, stays whole."""
    if len(command) <= width:
        return [command]
    import shlex

    try:
        words = shlex.split(command)
    except ValueError:
        return [command]
    if shlex.join(words) != command:
        return [command]
    lines = [""]
    for word in map(shlex.quote, words):
        if lines[-1].strip() and len(lines[-1]) + len(word) + 3 > width:
            lines[-1] += " \\"
            lines.append(INDENT + word)
        else:
            lines[-1] += f" {word}" if lines[-1] else word
    return lines
