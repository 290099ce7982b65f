"""Lists of a product whose API takes no `-` for all locations: each location is listed by itself, side by side."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from ..gcp import resource_kinds
from ..gcp.door import Door
from ..gcp.methods import Row
from ..gcp.resource_kinds import Product
from ..model.fact import Fact, Known, Source
from .parallel import ReaderPool

T = TypeVar("T")


def start(
    pool: ReaderPool,
    google: Door,
    product: Product[Any],
    places: Row,
    project: str,
    listing: Callable[[str], Fact[T]],
    *,
    but: str | None = None,
) -> Callable[[], list[Fact[T]]]:
    """Start to read which locations there are; what is returned lists each of them, and waits.

    `but` is a location that was looked at already.

    Returns:
        gives a fact for each location; where the locations could not be listed, that is the only one.
    """
    source = Source(places.read, f"projects/{project}")
    saying = f"the locations of {product.collection}"
    located = pool.read(saying, source, lambda: resource_kinds.locations(google, places, project))

    def facts() -> list[Fact[T]]:
        known = located.get()
        if not isinstance(known, Known):
            return [known]
        where = [place for place in known.value if place != but]
        read = Source(product.every.read, f"projects/{project}")
        started = [pool.read(f"{product.collection} in {one}", read, partial(listing, one)) for one in where]
        return [one.get() for one in started]

    return facts
