"""Google's predefined roles, as far as they decide who may invoke, mint, read or grant.

`roles.json` has the permissions by resource, and each role's title and patterns over them: a leading `!` takes away, a
name in braces is one of the shorthands. Only Owner and Editor hold `run.domainmappings.*`. Which roles hold
`run.routes.invoke`, and which are mistaken for it: https://cloud.google.com/iam/docs/roles-permissions/run.
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

_TABLE = json.loads(Path(__file__).with_name("roles.json").read_text(encoding="utf-8"))
_ROLES: dict[str, list[str]] = _TABLE["roles"]
PERMISSIONS = tuple(sorted(f"{kind}.{verb}" for kind, verbs in _TABLE["permissions"].items() for verb in verbs.split()))


def names() -> list[str]:
    """Every predefined role that is known here."""
    return sorted(_ROLES)


def title(role: str) -> str | None:
    """What Google calls a predefined role; `None` if it is not known here."""
    return _ROLES[role][0] if role in _ROLES else None


@cache
def permissions(role: str) -> frozenset[str]:
    """The permissions of a predefined role; none if it is not known here."""
    held: set[str] = set()
    for pattern in _ROLES.get(role, ["", ""])[1].format_map(_TABLE["shorthands"]).split():
        wanted = pattern.removeprefix("!")
        matched = {each for each in PERMISSIONS if fnmatchcase(each, wanted)}
        held = held - matched if pattern.startswith("!") else held | matched
    return frozenset(held)
