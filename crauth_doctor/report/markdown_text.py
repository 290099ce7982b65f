"""Texts of others within Markdown: whatever stands in them stays text."""

from __future__ import annotations

from typing import Final

from ..deferred import regex
from ..redaction import clean
from ..say import Say, parts_of

_SPECIAL: Final = regex(r"([\\`*_{}\[\]<>#|~!&$])")
_MENTION: Final = regex(r"(?<![\w.+-])@(?=\w)|\\#(?=\d)")
"""Where a forge takes a word for the name of somebody, whom it then tells, or a number for that of an issue."""
_BACKTICKS: Final = regex(r"`+")


def escaped(text: str) -> str:
    """Make a text plain for Markdown: nothing in it is markup, a link, an image or HTML."""
    return _plain(clean(text))


def _plain(text: str) -> str:
    return _MENTION.sub(r"\g<0><!-- -->", _SPECIAL.sub(r"\\\1", text))


def marked(text: str) -> str:
    """Make a sentence plain for Markdown, as `escaped` does, with the names in it as code."""
    if not isinstance(text, Say) or clean(text) != text:
        return escaped(text)
    return "".join(code(one) if is_name else _plain(one) for one, is_name in parts_of(text))


def code(text: str) -> str:
    """Show a text as inline code, whatever backticks it holds."""
    shown = clean(text) or " "
    longest = max((len(run) for run in _BACKTICKS.findall(shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def cell(text: str) -> str:
    """Show a text as inline code in a table, where a bar would end the cell."""
    return code(text).replace("|", "\\|")


def fenced(text: str, language: str = "") -> str:
    """Show lines as a block of code that nothing in them ends."""
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
