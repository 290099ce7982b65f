"""What Google's products are set to do, by one table: a name or a list in, one small value out.

Only the fields that decide are kept: bodies and headers of jobs and tasks may hold secrets.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

from ..deferred import dataclass
from ..google_json.json_access import Json
from ..model.fact import Absent, Fact, Unknown
from . import rest
from .door import Door
from .methods import Row

T = TypeVar("T")
U = TypeVar("U")

_NO_PLACE: Final = "is not a valid location"
"""How Cloud Tasks and Cloud Scheduler say, with 400, that they are not offered somewhere."""


@dataclass(frozen=True)
class Product(Generic[T]):
    """One kind of resource of a product."""

    what: str  # what people call one: `scheduler job`
    collection: str  # the word before its short name
    one: Row  # reads one by its name
    every: Row  # lists those of a parent
    parse: Callable[[Json], T]  # keeps what decides
    parent: str = "projects/{project}/locations/-"  # what the list is of, with `{project}`
    places: Row | None = None  # lists the locations, where the API does not take `-` for all of them

    @property
    def takes(self) -> tuple[str, ...]:
        """The permissions that it takes to find one by its short name, or the one that was meant."""
        places = (self.places.read,) if self.places else ()
        return (self.one.read, self.every.read, *places)

    @property
    def host(self) -> str:
        """The API's host."""
        return self.one.host


def get(google: Door, product: Product[T], name: str) -> Fact[T]:
    """Read one by its relative resource name; there is none in a location that the product does not have."""
    fact = rest.get(google, product.one, f"//{product.host}/{name}", product.parse, name=name)
    return _unless_no_place(google, fact)


def locations(google: Door, places: Row, project: str) -> Fact[tuple[str, ...]]:
    """List the short names of the locations in which a project can have a product."""

    def parse(found: list[Json]) -> tuple[str, ...]:
        return tuple(str(item["locationId"]) for item in found)

    parent = f"projects/{project}"
    return rest.list_all(google, places, f"//{places.host}/{parent}/locations", parse, parent=parent)


def named(
    google: Door, product: Product[T], project: str, short: str, place: str = "-"
) -> Fact[tuple[tuple[str, T], ...]]:
    """List those of a project that have this short name, in one location or wherever they are: names and values."""

    def parse(found: list[Json]) -> tuple[tuple[str, T], ...]:
        names = [(_relative(product, item, project), item) for item in found]
        return tuple((name, product.parse(item)) for name, item in names if name.rsplit("/", 1)[-1] == short)

    return listed(google, product, project, parse, place)


def listed(
    google: Door, product: Product[Any], project: str, parse: Callable[[list[Json]], U], place: str = "-"
) -> Fact[U]:
    """List those of a project, in one location or wherever they are; absent where the product is not offered."""
    parent = product.parent.replace("{project}", project)
    parent = f"{parent[:-1]}{place}" if parent.endswith("/-") else parent
    fact = rest.list_all(google, product.every, f"//{product.host}/{parent}", parse, parent=parent)
    return fact if place == "-" else _unless_no_place(google, fact)


def short_names(google: Door, product: Product[T], project: str, place: str = "-") -> Fact[tuple[str, ...]]:
    """List the short names of those of a project, in one location or wherever they are."""

    def parse(found: list[Json]) -> tuple[str, ...]:
        return tuple(str(item["name"]).rsplit("/", 1)[-1] for item in found)

    return listed(google, product, project, parse, place)


def _unless_no_place(google: Door, fact: Fact[T]) -> Fact[T]:
    """Take an answer that there is no such location for what it is: nothing is there."""
    if isinstance(fact, Unknown) and fact.detail.startswith("400:") and _NO_PLACE in fact.detail:
        google.excused(fact)
        return Absent(fact.source)
    return fact


def _relative(product: Product[T], item: Json, project: str) -> str:
    """The relative name; Kubernetes Engine lists short ones."""
    name = str(item.get("name", ""))
    if "/" in name:
        return name
    return f"projects/{project}/locations/{item.get('location') or item.get('zone')}/{product.collection}/{name}"
