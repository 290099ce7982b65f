"""The pages of the causes that this tool knows."""

from __future__ import annotations

import difflib
from typing import Any, TypeAlias

from ..rules import ALL
from ..rules.registry import Rule

Cause: TypeAlias = Rule[Any]


def causes() -> tuple[Cause, ...]:
    """Return all causes."""
    return ALL


def find_cause(name: str) -> Cause | None:
    """Return a cause by its id, or by the part of it that stands after the stage, where only one has it."""
    found = [rule for rule in ALL if name.lower() in {rule.id, rule.id.partition("/")[2]}]
    return found[0] if len(found) == 1 else None


def similar(name: str) -> tuple[str, ...]:
    """Return the ids that may be meant by a name that is none, at most four."""
    ids = [rule.id for rule in ALL]
    slugs = {id.partition("/")[2]: id for id in ids}
    near = [*difflib.get_close_matches(name, ids, 3), *(slugs[s] for s in difflib.get_close_matches(name, slugs, 3))]
    named = [id for id in ids if f"/{name}" in id]
    return tuple(dict.fromkeys([*named, *near]))[:4]
