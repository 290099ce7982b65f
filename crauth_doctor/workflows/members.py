"""Whom a role is given to or taken from: what was named, checked and made a member."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from ..apply.limits import why_no_member
from ..deferred import regex
from .context import MisuseError

EVERYBODY: Final = ("allUsers", "allAuthenticatedUsers")
_ANY: Final = regex(r"(user|serviceAccount|group):[^\s:@]+@[^\s:@]+\.[^\s:@]+")
"""What may be taken away: anything that a policy may hold by mistake."""
_DELETED: Final = regex(r"deleted:(user|serviceAccount|group):[^\s@]+@[^\s?]+\?uid=\d+")
_ACCOUNT: Final = regex(r"[^\s:@/]+@[^\s:@/]+\.gserviceaccount\.com", re.IGNORECASE)
_SPAN: Final = regex(r"(\d{1,5})([mhdw])")
_PATH: Final = regex(r"/[A-Za-z0-9/._~%-]*")
_SECONDS: Final = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_LONGEST: Final = 366 * 86_400


def one_of(sa: str | None, member: str | None, caller: str | None, *, removing: bool = False) -> str:
    """Return who is meant, as `--caller` takes it: a member, or a caller whose account is still to be found.

    Raises:
        MisuseError: nobody, or more than one, or somebody whom this tool grants nothing.
    """
    if sa and not _ACCOUNT.fullmatch(sa):
        raise MisuseError(
            f"{sa!r} is not a service account's e-mail; for others pass --member user:… or group:…", "--sa"
        )
    if member and not removing and member in EVERYBODY:
        raise MisuseError(f"{member} is never granted anything by this tool.")
    if member and not removing:
        _refuse(member)
    if member and removing and not (member in EVERYBODY or _DELETED.fullmatch(member) or _ANY.fullmatch(member)):
        raise MisuseError(f"{member!r} is not a member as IAM writes it.", "--member")
    given = [one for one in (f"serviceAccount:{sa}" if sa else None, member) if one]
    if len(given) > 1 or not (given or caller):
        raise MisuseError("Name one: --sa EMAIL, --member MEMBER, or --caller WHO.")
    return given[0] if given else str(caller)


def until(span: str, now: float) -> datetime:
    """Return when a span such as `2h` is over.

    Raises:
        MisuseError: it is none.
    """
    found = _SPAN.fullmatch(span)
    seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
    if not 0 < seconds <= _LONGEST:
        raise MisuseError(f"{span!r} is not a duration such as 30m, 2h, 7d or 4w.", "--expires")
    return datetime.fromtimestamp(int(now) + seconds, UTC)


def prefix(path: str) -> str:
    """Check the beginning of a path.

    Raises:
        MisuseError: it has characters that a condition should not be made of, or does not begin with a slash.
    """
    if not _PATH.fullmatch(path):
        raise MisuseError(f"{path!r} is not the beginning of a path, such as /api/.", "--path")
    return path


def look_alike(member: str) -> str | None:
    """Point out a domain that is not written as it is shown: it may only look like one that somebody knows.

    Source: https://www.rfc-editor.org/rfc/rfc5890#section-2.3.2.1
    """
    domain = member.rpartition("@")[2]
    if not any(label.lower().startswith("xn--") for label in domain.split(".")):
        return None
    try:
        shown = domain.encode("ascii").decode("idna")
    except UnicodeError:
        shown = "something that no browser shows"
    return f"The domain {domain} is shown as {shown}: check that this is the one you mean."


def _refuse(member: str) -> None:
    why = why_no_member(member)
    if why is not None:
        raise MisuseError(f"{member!r} cannot be granted anything: {why}.", "--member")
