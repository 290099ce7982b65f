"""The pages of the causes that this tool knows."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

from ..model.finding import Stage
from ..rules import ALL
from ..rules.registry import Rule


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause of a refused call.

    Args:
        id: `stage/slug`, the same in every version.
        stage: where it refuses.
        title: in a sentence.
        sections: headings and texts of its page.
        see: URL of its source.
    """

    id: str
    stage: Stage
    title: str
    sections: tuple[tuple[str, str], ...]
    see: str


def causes() -> tuple[Cause, ...]:
    """Return all causes."""
    return tuple(map(_cause, ALL))


def find_cause(name: str) -> Cause | None:
    """Return a cause by its id, or by the part of it that stands after the stage, where only one has it."""
    found = [rule for rule in ALL if name.lower() in {rule.id, rule.id.partition("/")[2]}]
    return _cause(found[0]) if len(found) == 1 else None


def similar(name: str) -> tuple[str, ...]:
    """Return the ids that may be meant by a name that is none, at most four."""
    ids = [rule.id for rule in ALL]
    slugs = {id.partition("/")[2]: id for id in ids}
    near = [*difflib.get_close_matches(name, ids, 3), *(slugs[s] for s in difflib.get_close_matches(name, slugs, 3))]
    named = [id for id in ids if f"/{name}" in id]
    return tuple(dict.fromkeys([*named, *near]))[:4]


def _cause(rule: Rule[Any]) -> Cause:
    return Cause(rule.id, rule.stage, rule.title, tuple(rule.page.sections), rule.page.see)
