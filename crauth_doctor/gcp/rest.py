"""The many small reads over REST: one object, or all pages of a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final, TypeVar

from ..google_json import json_access as look
from ..google_json.json_access import Json, NotUnderstoodError
from ..model.fact import Absent, Fact, Known, Obstacle, Source, Unknown
from .door import Asked, Door, UnansweredError, read
from .methods import Row

T = TypeVar("T")

PAGES: Final = 50
"""Pages of one list that are read at most."""

NEXT_PAGE: Final = "what its next page holds"
"""Stands among what was left out."""

LEFT_OUT: Final = ("unreachable", "unreachables", "unreachableLocations", "missingZones")
"""Fields in which a list says what it could not ask, of Cloud Run, Functions, API Gateway, Kubernetes Engine ….

Source: https://google.aip.dev/217
"""


OF_ONE: Final = frozenset(
    {"appengine:v1:apps.services.versions.list", "cloudtasks:v2:projects.locations.queues.tasks.list"}
)
"""Lists of what one resource has, which may not be there."""

_THERE: Final = "404, though another answer says that it is there"


def get(
    google: Door,
    row: Row,
    target: str,
    parse: Callable[[Json], T],
    *,
    body: Json | None = None,
    there: bool = False,
    **names: str,
) -> Fact[T]:
    """Make a read of one object.

    What `parse` raises makes the fact unknown. `there`: another answer says that it is there, so that 404 tells
    nothing.
    """
    asked = Asked(row, target, names, body)
    found = _placed(google, read(Source(row.read, target), lambda: parse(google.answer(asked))))
    return google.noted(doubted(found) if there else found)


def named(google: Door, row: Row, name: str, parse: Callable[[Json], T], *, there: bool = False) -> Fact[T]:
    """Make a read of one object by its relative resource name; see `get`."""
    return get(google, row, f"//{row.host}/{name}", parse, there=there, name=name)


def document(google: Door, row: Row, resource: str) -> Fact[Json]:
    """Read a resource whole, by its full name, as its API writes it."""
    return get(google, row, resource, dict, name=resource.removeprefix("//").partition("/")[2])


def doubted(fact: Fact[T]) -> Fact[T]:
    """Return a fact as unknown if it is absent, for another answer says that it is there."""
    return Unknown(fact.source, Obstacle.NOT_UNDERSTOOD, _THERE) if isinstance(fact, Absent) else fact


def list_all(
    google: Door,
    row: Row,
    target: str,
    parse: Callable[[list[Json]], T],
    *,
    body: Json | None = None,
    most: int | None = None,
    whole: bool = False,
    **names: str,
) -> Fact[T]:
    """Make a read of a list, all its pages. For the other arguments see `get`.

    As soon as there are `most` items, no further page is read. `whole`: a list that leaves something out is as good as
    none.
    """
    source = Source(row.read, target)
    unreachable: dict[str, None] = {}
    asked = Asked(row, target, names, body)
    found = read(source, lambda: parse(pages(google, asked, unreachable, most=most)))
    fact = google.noted(_placed(google, found))
    if not unreachable or isinstance(fact, Unknown):
        return fact
    partial = incomplete(source, unreachable)
    google.noted(partial)
    is_found = isinstance(fact, Known) and bool(fact.value) and not whole
    return fact if is_found else partial


def _placed(google: Door, fact: Fact[T]) -> Fact[T]:
    """Say where it comes from, which is known only once it is answered."""
    if not isinstance(fact, Known):
        return fact
    return replace(fact, source=google.source(fact.source.read, fact.source.target))


def incomplete(source: Source, unreachable: Iterable[str]) -> Unknown:
    """Say that a list leaves something out; that nothing is in it is not known then."""
    return Unknown(source, Obstacle.UNREACHABLE, f"not all locations could be asked: {', '.join(unreachable)}")


def left_out(google: Door, row: Row, target: str) -> Unknown | None:
    """Return that a list which was read leaves something out, so that what is not in it may be there; None if not."""
    source = Source(row.read, target)
    return next((one for one in google.failed() if one.source == source), None)


def pages(
    google: Door,
    asked: Asked,
    unreachable: dict[str, None],
    *,
    most: int | None = None,
    first: bool = False,
) -> list[Json]:
    """Return the items of all pages, and put what was left out into `unreachable`.

    As soon as there are `most` items no further page is read; `first`: the first page is enough.
    """
    items: list[Json] = []
    field = asked.row.items
    for _ in range(PAGES):
        page = _page(google, asked)
        found = page.get(field, [])
        if isinstance(found, dict):
            found = list(of_every_scope(found, asked.row, unreachable))
        if not isinstance(found, list):
            raise NotUnderstoodError(f"{field} is not a list")
        if not all(isinstance(item, dict) for item in found):
            raise NotUnderstoodError(f"{field} holds something else than objects")
        items += found
        unreachable |= dict.fromkeys(place for key in LEFT_OUT for place in map(str, page.get(key) or ()))
        if look.at(page, "metadata", "continue"):  # version 1 of Cloud Run pages as Knative does
            unreachable[NEXT_PAGE] = None
        asked = replace(asked, page_token=str(page.get("nextPageToken") or ""))
        if not asked.page_token or (most is not None and len(items) >= most):
            return items
        if first:
            unreachable[NEXT_PAGE] = None
            return items
    raise NotUnderstoodError(f"more than {PAGES} pages")


def _page(google: Door, asked: Asked) -> Json:
    """Return one page; what a project has none of is an empty list, and never 404."""
    try:
        return google.answer(asked)
    except UnansweredError as error:
        if isinstance(error.fact, Absent) and asked.row.schema not in OF_ONE:
            raise NotUnderstoodError("404 to a list") from error
        raise


def of_every_scope(found: Json, row: Row, unreachable: dict[str, None]) -> Iterator[object]:
    """Yield what Compute Engine lists by region and zone; a scope that warns of more than being empty is left out.

    Source: https://docs.cloud.google.com/compute/docs/reference/rest/v1/urlMaps/aggregatedList
    """
    collection = row.schema.split(":")[2].split(".")[-2]
    for scope, listed in found.items():
        if look.text(listed, "warning", "code") not in {None, "NO_RESULTS_ON_PAGE"}:
            unreachable[scope] = None
        yield from look.items(listed, collection)
