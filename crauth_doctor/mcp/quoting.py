"""Text that others wrote, kept apart: an agent reads it under `quoted` only, where it is data.

What a project's resources, logs, error pages and pastes say in free text was written by whoever could write it, and may
speak to the agent. A name that fits its own grammar has no blanks in it, and stands where it belongs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from threading import Lock
from typing import Final, TypeAlias

from ..redaction import clean
from ..workflows.causes import causes

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

LIMIT: Final = 200
"""Characters of one piece of what others wrote."""
_WINDOW: Final = 4
"""So many words in a row that others wrote as well are theirs."""
_MOST: Final = 200_000
"""Rows of words that are kept of one call."""
_NAME: Final = re.compile(r"[A-Za-z0-9._:/@%?=&,+~#*-]{0,300}", re.ASCII)
_WORD: Final = re.compile(r"\S+")
_COMMANDS: Final = frozenset({"gcloud", "command", "commands", "code"})
"""Keys whose text is to be run as it stands, or not shown at all."""
_ALWAYS: Final = frozenset({"detail", "summary"})
"""Keys of a report whose text is an API's, or tells of an answer."""


class OthersText:
    """What others wrote, as far as one call met it."""

    def __init__(self) -> None:
        self._pieces: set[str] = set()
        self._rows: set[tuple[str, ...]] = set()
        self._lock = Lock()

    def heard(self, answer: object) -> None:
        """Note what was answered: JSON, or texts."""
        with self._lock:
            for text in _strings(answer):
                self._note(text)

    def pasted(self, text: str) -> None:
        """Note what somebody pasted: its sentences, but no single line, which may be a command of ours."""
        with self._lock:
            self._rows.update(_rows(clean(text, limit=300_000).lower().split()))

    def _note(self, text: str) -> None:
        if _NAME.fullmatch(text) or len(self._rows) > _MOST:
            return
        for line in (text, *text.splitlines()):
            shown = clean(line, limit=20_000)
            if len(shown) > _WINDOW:
                self._pieces.add(shown)
            self._rows.update(_rows(shown.lower().split()))

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where in a text others speak, in order and apart from each other."""
        words = [(at.start(), at.end(), at[0].lower()) for at in _WORD.finditer(text)]
        with self._lock:  # a read that nobody waits for any more may still be answered
            lowered = text.lower()  # a sentence begins with a capital, whoever wrote its first word
            whole = [piece for piece in self._pieces if piece.lower() in lowered]
            theirs = [
                (words[first][0], words[first + _WINDOW - 1][1])
                for first, row in enumerate(_rows([word for _, _, word in words]))
                if row in self._rows and row not in _ours()
            ]
        return _merged(
            [*theirs, *(at.span() for piece in whole for at in re.finditer(re.escape(piece), text, re.IGNORECASE))]
        )


class Quotes:
    """Moves what others wrote out of an answer."""

    def __init__(self, others: OthersText) -> None:
        self._others = others
        self.quoted: dict[str, str] = {}

    def without(self, value: Json, key: str = "") -> Json:
        """Return a value with a mark in place of what others wrote; the marks stand in `quoted`."""
        match value:
            case str():
                return self._text(value, key)
            case list():
                found = [self.without(one, key) for one in value]
                return [one for one in found if one is not None] if key in _COMMANDS else found
            case dict():
                return {name: self.without(one, name) for name, one in value.items()}
            case _:
                return value

    def text(self, value: str) -> str:
        """Return a text with marks in place of what others wrote."""
        found = self._text(value, "")
        return found or ""

    def _text(self, text: str, key: str) -> str | None:
        if key in _ALWAYS and text and not _NAME.fullmatch(text):
            return self._mark(text)
        spans = self._others.spans(text)
        if spans and key in _COMMANDS:
            return None
        for start, end in reversed(spans):
            text = f"{text[:start]}{self._mark(text[start:end])}{text[end:]}"
        return text

    def _mark(self, text: str) -> str:
        shown = clean(text, limit=LIMIT)
        for name, known in self.quoted.items():
            if known == shown:
                return f"[quoted {name}]"
        name = str(len(self.quoted) + 1)
        self.quoted[name] = shown
        return f"[quoted {name}]"


def minified(document: Json) -> str:
    """Return JSON without needless blanks."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def _strings(answer: object) -> Iterator[str]:
    match answer:
        case str():
            yield answer
        case dict():
            for key, value in answer.items():
                yield str(key)
                yield from _strings(value)
        case list() | tuple():
            for value in answer:
                yield from _strings(value)
        case _:
            return


def _rows(words: list[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(words[at : at + _WINDOW]) for at in range(len(words) - _WINDOW + 1))


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


_OURS: Final[set[tuple[str, ...]]] = set()


def _ours() -> set[tuple[str, ...]]:
    """Return the rows of words of this tool's own pages, which say nothing new whoever repeats them."""
    if not _OURS:
        for cause in causes():
            for text in (cause.title, *(text for _, text in cause.sections)):
                _OURS.update(_rows(text.lower().split()))
    return _OURS
