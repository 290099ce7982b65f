"""The pages of the causes that this tool knows, read from an index, so that showing one loads no rule."""

from __future__ import annotations

import json
import pkgutil
from functools import cache
from typing import Final

from ..deferred import dataclass
from ..spelling import similar as similar_words

INDEX: Final = "causes.json"
"""Made from the rules by `python tests/workflows/test_causes.py`, and held against them by that test."""


@dataclass(frozen=True)
class Cause:
    """One cause, as `explain` shows it."""

    id: str  # `stage/slug`
    title: str
    sections: tuple[tuple[str, str], ...]  # heading and text, in the order of the page
    see: str  # URL of the documentation that it rests on

    @property
    def stage(self) -> str:
        """The stage of the path that it belongs to."""
        return self.id.partition("/")[0]


@cache
def causes() -> tuple[Cause, ...]:
    """Return all causes, in the order of the path."""
    index = json.loads(pkgutil.get_data(__package__, INDEX) or b"[]")
    return tuple(Cause(one["id"], one["title"], tuple(one["sections"].items()), one["see"]) for one in index)


def find_cause(name: str) -> Cause | None:
    """Return a cause by its id, or by the part of it that stands after the stage, where only one has it."""
    found = [cause for cause in causes() if name.lower() in {cause.id, cause.id.partition("/")[2]}]
    return found[0] if len(found) == 1 else None


def similar(name: str) -> tuple[str, ...]:
    """Return the ids that may be meant by a name that is none, at most four."""
    ids = [cause.id for cause in causes()]
    slugs = {id.partition("/")[2]: id for id in ids}
    near = [*similar_words(name, ids), *(slugs[slug] for slug in similar_words(name, slugs))]
    named = [id for id in ids if f"/{name}" in id]
    return tuple(dict.fromkeys([*named, *near]))[:4]
