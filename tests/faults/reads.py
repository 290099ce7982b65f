"""Every read of the table of methods, and a world in which a check makes it."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from crauth_doctor.gcp.methods import TABLE, Row

_WRITES: Final = ("patch", "setIamPolicy", "enable", "disable", "modifyPushConfig", "setPrivateIpGoogleAccess")


def _verb(row: Row) -> str:
    return row.schema.split(".")[-1]


READS: Final = {row.schema: row for row in TABLE if _verb(row) not in _WRITES}
NAMES: Final = {schema: {row.read for row in TABLE if row.schema == schema} for schema in READS}
"""What the reads of a schema are called: the permissions that they take."""
NAMES["iam:v2:policies.get"].add("iam.denypolicies.list")  # a list of policies brings no rules: each is read besides


@cache
def _pattern(path: str) -> re.Pattern[str]:
    text = re.escape(path.partition("?")[0])
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.sub(r"\\\{\\\+\w+\\\}", ".+", text)))


@cache
def read_of(method: str, host: str, path: str) -> str | None:
    """Return which read a request is, by its schema; None for a write, or what the table does not hold."""
    words = re.split("[/:]", path)
    fitting = [
        row
        for row in TABLE
        if row.method == method
        and (host == row.host or host.endswith(f"-{row.host}"))
        and _pattern(row.path).fullmatch(path)
    ]
    best = max(fitting, key=lambda row: _likeness(row, words), default=None)
    return best.schema if best is not None and best.schema in READS else None


def _likeness(row: Row, words: list[str]) -> tuple[bool, int, int]:
    """Return how much a row is the one that a path belongs to, of several that it fits."""
    if row.client in {"list_policies", "get_policy"}:
        return (words[-1] == "denypolicies") == (row.client == "list_policies"), 0, 0
    parts = row.schema.split(":")[2].split(".")[:-1]
    last = parts[-1] in words[-3:]
    return last, sum(1 if part in words else -1 for part in parts), len(row.path)
