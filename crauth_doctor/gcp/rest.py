"""The many small reads over REST: one object, or all pages of a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from google.api_core import exceptions as api

from ..google_json.json_access import Json, NotUnderstoodError
from ..model.fact import Fact, Known, Obstacle, Source, Unknown
from .connection import Google
from .errors import HTTP_OK, json_object, read, retrying
from .methods import Row

T = TypeVar("T")

PAGES: Final = 50
"""Pages of one list that are read at most."""

_LEFT_OUT: Final = ("unreachable", "unreachableLocations", "missingZones")
"""Fields in which a list says what it could not ask, of Cloud Run, Functions, API Gateway, Kubernetes Engine ….

Source: https://google.aip.dev/217
"""


def get(google: Google, row: Row, target: str, parse: Callable[[Json], T], **names: str) -> Fact[T]:
    """Make a read of one object.

    Args:
        google: the door.
        row: which read.
        target: full resource name of what is read.
        parse: makes the value of the JSON object; what it raises makes the fact unknown.
        names: the parts of the path.
    """
    return google.noted(read(Source(row.read, target), lambda: parse(_send(google, row, row.url_path(names)))))


def named(google: Google, row: Row, name: str, parse: Callable[[Json], T]) -> Fact[T]:
    """Make a read of one object by its relative resource name."""
    return get(google, row, f"//{row.host}/{name}", parse, name=name)


def list_all(
    google: Google,
    row: Row,
    target: str,
    parse: Callable[[list[Json]], T],
    *,
    body: Json | None = None,
    most: int | None = None,
    **names: str,
) -> Fact[T]:
    """Make a read of a list, all its pages. For the other arguments see `get`.

    Args:
        google: the door.
        row: which read.
        target: full resource name of what is read.
        parse: makes the value of the items.
        body: what goes with POST.
        most: as soon as there are so many items, no further page is read.
        **names: the parts of the path.
    """
    source = Source(row.read, target)
    unreachable: dict[str, None] = {}
    fact = google.noted(read(source, lambda: parse(_pages(google, row, row.url_path(names), body, most, unreachable))))
    if not unreachable or isinstance(fact, Unknown):
        return fact
    partial = incomplete(source, unreachable)
    google.noted(partial)
    is_found = isinstance(fact, Known) and bool(fact.value)
    return fact if is_found else partial


def incomplete(source: Source, unreachable: Iterable[str]) -> Unknown:
    """Say that a list leaves something out; that nothing is in it is not known then."""
    return Unknown(source, Obstacle.UNREACHABLE, f"not all locations could be asked: {', '.join(unreachable)}")


def _pages(
    google: Google, row: Row, path: str, body: Json | None, most: int | None, unreachable: dict[str, None]
) -> list[Json]:
    items: list[Json] = []
    page_token = ""
    for _ in range(PAGES):
        page = _send(google, row, path, body=body, page_token=page_token)
        found = page.get(row.items, [])
        if not isinstance(found, list):
            raise NotUnderstoodError(f"{row.items} is no list")
        if not all(isinstance(item, dict) for item in found):
            raise NotUnderstoodError(f"{row.items} holds something else than objects")
        items += found
        unreachable |= dict.fromkeys(place for field in _LEFT_OUT for place in map(str, page.get(field) or ()))
        page_token = str(page.get("nextPageToken") or "")
        if not page_token or (most is not None and len(items) >= most):
            return items
    raise NotUnderstoodError(f"more than {PAGES} pages")


def _send(google: Google, row: Row, path: str, *, body: Json | None = None, page_token: str = "") -> Json:
    session = google.session()
    paging = {"pageToken": page_token} if page_token else {}
    is_post = row.method == "POST"
    sent = {**(row.body or {}), **(body or {}), **paging} if is_post else None
    params = {**(row.query or {}), **({} if is_post else paging)}

    def attempt(seconds: float) -> Json:
        answer = session.request(
            row.method,
            google.base(row.host) + path,
            params=params,
            json=sent,
            timeout=seconds,
            max_allowed_time=None,
            allow_redirects=False,
        )
        if answer.status_code != HTTP_OK:
            raise api.from_http_response(answer)
        return json_object(answer)

    return retrying(google.deadline, attempt)
