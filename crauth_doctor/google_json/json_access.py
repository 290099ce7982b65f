"""Looking into documents of which nothing is certain."""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Mapping
from typing import Any, Final, TypeAlias

from ..redaction import redact

Json: TypeAlias = Mapping[str, Any]

TEXT_LIMIT: Final = 2048
_WITHIN: Final = 500
"""As many values of a document are looked at."""
_DEPTH: Final = 8


class NotUnderstoodError(Exception):
    """An answer came, and it is not what was asked for."""


def parsed(text: object) -> object:
    """Return what a text of JSON holds; None where it is none."""
    try:
        return json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None


def at(value: object, *path: str) -> object:
    """Return what stands under this path of keys, None where there is nothing."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def text(value: object, *path: str) -> str | None:
    """Return the text under this path; numbers count as text, an empty text as none."""
    found = at(value, *path)
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, int):
        return str(found) if abs(found) < 10**30 else None
    return _limited(found) if isinstance(found, str) and found else None


def _limited(found: str) -> str:
    """Cut a text that is too long, its secrets hidden first: nothing knows the half of one."""
    return found if len(found) <= TEXT_LIMIT else redact(found)[:TEXT_LIMIT]


def mapping(value: object, *path: str) -> dict[str, object]:
    """Return the mapping under this path, an empty one where there is none."""
    found = at(value, *path)
    return found if isinstance(found, dict) else {}


def items(value: object, *path: str) -> list[object]:
    """Return the list under this path, an empty one where there is none."""
    found = at(value, *path)
    return found if isinstance(found, list) else []


def texts(value: object, *path: str) -> tuple[str, ...]:
    """Return the texts of the list under this path."""
    return tuple(_limited(each) for each in items(value, *path) if isinstance(each, str))


def texts_in(value: object, without: Container[str] = ()) -> Iterator[tuple[str, str]]:
    """Yield the texts anywhere in a document, in its order and to some depth, each with the key that it stands under.

    Args:
        value: the document.
        without: keys, in lower case, below which nothing is looked for.
    """
    stack: list[tuple[str, object, int]] = [("", value, 0)]
    seen = 0
    while stack and seen < _WITHIN:
        key, each, depth = stack.pop()
        seen += 1
        if isinstance(each, str):
            yield key, each
        elif isinstance(each, list) and depth < _DEPTH:
            stack += [(key, inner, depth + 1) for inner in reversed(each)]
        elif isinstance(each, dict) and depth < _DEPTH:
            below = [(str(name), inner, depth + 1) for name, inner in each.items() if str(name).lower() not in without]
            stack += reversed(below)


def number(value: object, *path: str) -> int | None:
    """Return the whole number under this path, also where it stands as text."""
    found = at(value, *path)
    if isinstance(found, bool):
        return None
    if isinstance(found, int) and abs(found) < 10**15:
        return found
    return int(found) if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) < 16 else None


def last(value: object, *path: str) -> str | None:
    """Return the last part of the name under this path: an e-mail address, a short name."""
    return (text(value, *path) or "").rsplit("/", 1)[-1] or None


def is_true(value: object, *path: str) -> bool:
    """Whether what stands under this path is true, also as text."""
    found = at(value, *path)
    return found is True or (isinstance(found, str) and found.lower() == "true")
