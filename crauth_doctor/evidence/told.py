"""What a person says in prose. One line may say several things; a thing said twice is said once."""

from __future__ import annotations

import re

from ..model.told import Statement, Told
from . import logs
from .box import Box
from .toldtable import FAMILIES
from .vault import clean_prose

_LINES = 2000
_NEGATED = re.compile(r"(?:\bnot|n't|\bnever|\bno|\bnone|\bneither|\bnor|\bno longer|\bwithout)\s(?:[\w-]+\s){0,4}$")
_ENDS = re.compile(r"[.!?\u3002\uff01\uff1f](?:\s|$)|[\u3002\uff01\uff1f]")


def read(box: Box) -> None:
    """Collect statements from every line that is no document."""
    commands = {index for command in box.commands for index in range(command.start, command.end)}
    seen: set[Told] = set()
    for index, text in box.readable(_LINES):
        if index in commands or logs.sentence_of(text) or len(seen) == len(FAMILIES):
            continue
        line, following = text.strip().lower(), box.next_line(index).strip().lower()
        joined = f"{line.rstrip()} {following}"
        for told, literals, pattern in FAMILIES:
            if told in seen or not any(word in joined for word in literals):
                continue
            found = pattern.search(joined)
            if found and found.start() < len(line) and _is_said(joined, found):
                seen.add(told)
                box.told.append(Statement(told, index + 1, clean_prose(box.lines[index].strip(), 300)))
    box.told = _without_what_works(box.told)


def _is_said(text: str, found: re.Match[str]) -> bool:
    """Whether the words stand in a sentence that says so: no question, and nothing negated before them."""
    end = _ENDS.search(text, max(found.end() - 1, found.start()))
    asked = end is not None and end[0].strip() in {"?", "\uff1f"}
    return not asked and not _NEGATED.search(text[: found.start()])


def _without_what_works(statements: list[Statement]) -> list[Statement]:
    """A browser in which it works is not the sender of the call that fails."""
    works = {each.line for each in statements if each.told is Told.OTHER_CALLER_WORKS}
    return [each for each in statements if not (each.told is Told.SENDER_BROWSER and each.line in works)]
