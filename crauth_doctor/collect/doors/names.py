"""Where in a document the answer to a read stands: which names are the same, and what a list is a list of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from ...deferred import regex
from ...gcp.door import Asked
from ...google_json import json_access as look
from ...google_json.json_access import Json
from ...model.address import Deterministic, parse_url

PROJECTS: Final = "//cloudresourcemanager.googleapis.com/projects/"
LOGS: Final = "//logging.googleapis.com/"
EVERY: Final = "*"
"""Stands for every resource of a collection: among what is absent, it says that a list names all there are."""

ANY: Final = "-"
"""Stands in a name for a project or location that nothing names."""

_IN_PROJECT: Final = regex(r"(//[^/]+/(?:projects|namespaces|apps)/)([^/ ]+)")


class Aliases:
    """The ids of projects by their numbers, as far as the resources tell them."""

    def __init__(self, resources: Mapping[str, Json]) -> None:
        self._ids: dict[str, str] = {}
        for name, one in resources.items():
            if name.startswith(PROJECTS) and name.count("/") == 4:
                word = name.rsplit("/", 1)[-1]
                project = look.text(one, "projectId") or (word if not word.isdigit() else "")
                numbers = (look.text(one, "projectNumber"), look.last(one, "name"), word)
                self._ids |= {number: project for number in numbers if project and number and number.isdigit()}
            elif name.startswith("//run.googleapis.com/projects/") and "/services/" in name:
                self._ids |= dict.fromkeys(_numbers(one), name.split("/")[4])

    def number(self, project: str) -> str | None:
        """Return the number of a project."""
        return next((number for number, one in self._ids.items() if one == project), None)

    def canonical(self, name: str) -> str:
        """Return a name with the project's id for its number."""
        return _IN_PROJECT.sub(lambda found: f"{found[1]}{self._ids.get(found[2], found[2])}", name, count=1)


def same(one: str, other: str) -> bool:
    """Whether two names may be the same resource's."""
    if one == other:
        return True
    parts, others = one.split("/"), other.split("/")
    return len(parts) == len(others) and all(
        each == against or ANY in {each, against} for each, against in zip(parts, others, strict=True)
    )


def collection_of(asked: Asked) -> str:
    """Return the full name, without its last part, of what a list is of."""
    if asked.row.host == "logging.googleapis.com":
        return f"{asked.target}/logs"
    collection = asked.row.schema.split(":")[2].split(".")[-2]
    if collection.startswith("global"):
        collection = collection[6].lower() + collection[7:]
    return asked.target if asked.target.endswith(f"/{collection}") else f"{asked.target}/{collection}"


def collections_of(asked: Asked) -> tuple[str, ...]:
    """Return the same where a list is of everything, wherever it is: for each kind of place."""
    if not asked.row.schema.endswith(".aggregatedList"):
        return (collection_of(asked),)
    kind = collection_of(asked).rsplit("/", 1)[-1]
    return tuple(f"{asked.target}/{place}/{kind}" for place in ("global", f"regions/{ANY}", f"zones/{ANY}"))


def item_name(asked: Asked, item: Json) -> str:
    """Return the full name of one of a list."""
    link = look.text(item, "selfLink") or ""
    if asked.row.schema.endswith(".aggregatedList") and "/projects/" in link:
        return f"//{asked.row.host}/projects/{link.partition('/projects/')[2]}"
    name = look.text(item, "name") or look.text(item, "id") or EVERY
    if "/" in name:
        return f"//{asked.row.host}/{name}"
    place = look.text(item, "location") or look.text(item, "zone") or ANY
    return f"{collection_of(asked).replace('/locations/-/', f'/locations/{place}/')}/{name}"


def _numbers(service: Json) -> Iterable[str]:
    urls = (*look.texts(service, "urls"), look.text(service, "uri") or "")
    return [one.number for one in map(parse_url, urls) if isinstance(one, Deterministic)]
