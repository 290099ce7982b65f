"""Points in time as logs and headers write them, in seconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime

from ..deferred import regex

ISO = regex(
    r"(?P<day>\d{4}-\d\d-\d\d)(?:[T ]|, )(?P<time>\d\d:\d\d:\d\d)(?:[.,]\d{1,9})?\s?(?P<zone>Z|UTC|[+-]\d\d:?\d\d)?"
)
_SLASHED = regex(r"(\d{4})/(\d\d)/(\d\d) (\d\d:\d\d:\d\d)")


def from_iso(text: str) -> int | None:
    """Read RFC 3339 and its relatives (`2026-08-19 09:03:31,557`, `…, 09:03:31`); without a zone it counts as UTC."""
    found = ISO.search(text[:400]) if text else None
    if not found:
        found = _SLASHED.search(text[:400]) if text else None
        if not found:
            return None
        text = f"{found[1]}-{found[2]}-{found[3]}T{found[4]}+00:00"
    else:
        zone = found["zone"] or "+00:00"
        text = f"{found['day']}T{found['time']}{'+00:00' if zone in {'Z', 'UTC'} else zone}"
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except (ValueError, OverflowError):
        return None


def from_http(text: str) -> int | None:
    """Read a `Date` header."""
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(text[:100])
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, TypeError, IndexError, OverflowError):
        return from_iso(text)


def from_value(value: object) -> int | None:
    """Read a time out of a document, where it may be text or a number."""
    if isinstance(value, str):
        return from_iso(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e13:
        return int(value / 1000) if value > 1e11 else int(value)
    return None
