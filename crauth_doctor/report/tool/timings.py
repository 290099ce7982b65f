"""How long each read took, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ...model.fact import Obstacle, ReadTiming
from ...model.http import HttpExchange
from ...redaction import clean
from ..document import OBSTACLES, source_in_words
from ..layout import Look, TextPage

_COLUMN: Final = 7
_FATE: Final = max(map(len, Obstacle)) + 1
_IN_WORDS: Final = {"read": "read", "absent": "not there", **{one.value: text for one, text in OBSTACLES.items()}}


def as_json(timings: Sequence[ReadTiming]) -> list[dict[str, str | float]]:
    """Return each read: when it began, in seconds since the first, how long it took, and its fate."""
    return [
        {
            "read": clean(one.source.read),
            "target": clean(one.source.target),
            "began": round(began, 3),
            "seconds": round(one.seconds, 3),
            "fate": one.fate,
        }
        for began, one in _ordered(timings)
    ]


def as_text(timings: Sequence[ReadTiming], look: Look) -> str:
    """Return them as a table, with a newline at the end."""
    page = TextPage(look)
    if not timings:
        return "Nothing was read from Google.\n"
    rows = _ordered(timings)
    whole = max(began + one.seconds for began, one in rows)
    page.lines.append(f"Read in {whole:.2f} seconds, by {len(rows)} reads:")
    page.lines.append(f"{'Began':>{_COLUMN}}{'Took':>{_COLUMN}} {'Fate':<{_FATE}}Read")
    for began, one in rows:
        numbers = f"{began:{_COLUMN}.2f}{one.seconds:{_COLUMN}.2f} {one.fate:<{_FATE}}"
        page.lines += page.wrapped(source_in_words(one.source), numbers, " " * len(numbers))
    return str(page)


def told(event: ReadTiming | HttpExchange) -> str:
    """Return one of what a run did as lines of a log."""
    if isinstance(event, ReadTiming):
        return f"{event.seconds:.2f} s  {source_in_words(event.source)}: {_IN_WORDS[event.fate]}"
    answer = f"{event.status} after" if event.status is not None else "no answer after"
    lines = [f"> {event.method} {clean(event.url)}", *_headers(">", event.sent)]
    lines += [f"< {answer} {event.seconds:.2f} s", *_headers("<", event.received)]
    lines += [f"<   message: {clean(event.message)}"] if event.message else []
    return "\n".join(lines)


def _headers(mark: str, headers: tuple[tuple[str, str], ...]) -> list[str]:
    hidden = ", ".join(clean(name) for name, value in headers if not value)
    lines = [f"{mark}   {clean(name)}: {clean(value)}" for name, value in headers if value]
    return [*lines, f"{mark}   not shown: {hidden}"] if hidden else lines


def _ordered(timings: Sequence[ReadTiming]) -> list[tuple[float, ReadTiming]]:
    """Return them in the order in which they began, each with the seconds since the first."""
    first = min((one.began for one in timings), default=0.0)
    return sorted(((one.began - first, one) for one in timings), key=lambda pair: pair[0])
