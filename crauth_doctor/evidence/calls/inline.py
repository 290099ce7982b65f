"""Header maps on one line, in the notations of several languages: Go, Java, Python's tuples, Swift, PHP."""

from __future__ import annotations

import re

from ...model.evidence import PieceKind
from ..box import Box
from . import shapes

_MAPS = tuple(
    (re.compile(opening), re.compile(pair))
    for opening, pair in (
        (r"\bmap\[(?=[A-Z][\w-]*:\[)", r"(?P<name>[A-Z][\w-]{1,80}):\[(?P<value>[^\]]{0,4000})\]"),
        (r"http\.Header\{", r"\"(?P<name>[\w-]{2,80})\":\s?(?:\[\]string)?\{\"(?P<value>(?:[^\"\\]|\\.){0,4000}+)\""),
        (r"\{(?=:?[\w-]+=\[)", r"(?P<name>:?[A-Za-z][\w-]{1,80})=\[(?P<value>[^\]]{0,4000})\]"),
        (r"\[(?=[\w-]+:\"|:status)", r"(?P<name>[A-Za-z][\w-]{1,80}):\"(?P<value>[^\"]{0,4000})\""),
        (
            r"[\[(](?=b?['\"]?\(?b?['\"])",
            r"\(b?['\"](?P<name>[\w-]{2,80})['\"],\s?b?(?P<q>['\"])(?P<value>(?:(?!(?P=q))[^\\]|\\.){0,4000}+)(?P=q)\)",
        ),
        (
            r"<(?:CIMultiDict(?:Proxy)?|Headers)\(",
            r"'(?P<name>[\w-]{2,80})': (?P<q>['\"])(?P<value>(?:(?!(?P=q))[^\\]|\\.){0,4000}+)(?P=q)",
        ),
        (
            r"\[(?=\"?AnyHashable|\"[\w-]+\": \")",
            (
                r"(?:AnyHashable\()?\"(?P<name>[\w-]{2,80})\"\)?: "
                r"\"?(?P<value>[^\"\]]{0,4000}?)\"?(?=, (?:AnyHashable|\")|\]|$)"
            ),
        ),
    )
)
_HINTS = ("map[", "Header{", "=[", "('", "(b'", "MultiDict", "AnyHashable", '("', '":', ':"', "<Headers")
_LENGTH = 20_000
_PAIRS = 60


def read(box: Box) -> None:
    """Take the header maps that stand in lines of logs; others may still read what stands around them."""
    for index, line in box.readable():
        text = box.lines[index][:_LENGTH]
        if "-" not in text or not any(hint in line for hint in _HINTS):
            continue
        for opening, pattern in _MAPS:
            found = opening.search(text)
            pairs = _pairs(pattern, text, found.end() - 1) if found else []
            if shapes.are_headers(pairs):
                lines = box.list_softly(index, index + 1, PieceKind.EXCHANGE, "headers on one line")
                shapes.add_headers(box, pairs, lines, text[: found.start()] if found else "")
                break


def _pairs(pattern: re.Pattern[str], text: str, start: int) -> list[tuple[str, str]]:
    pairs = []
    for found in pattern.finditer(text, start):
        pairs.append((found["name"].lower(), found["value"].strip().strip('"')))
        if len(pairs) > _PAIRS:
            break
    return pairs
