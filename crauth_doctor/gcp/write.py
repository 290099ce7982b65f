"""Documents that are read, changed and written back whole: allow policies, and switches of other resources.

They are handled as the JSON that Google sent. What is written back so keeps what this version knows nothing of (a
condition's description, a field of tomorrow), which a model of ours or an older client would drop. Every write is sent
once and answered by one of five: accepted, in conflict, refused, too busy, or lost on the way, where only reading
tells.
Documentation: https://docs.cloud.google.com/iam/docs/allow-policies#etag
"""

from __future__ import annotations

from typing import TypeAlias

import requests

from ..deferred import dataclass
from ..google_json.json_access import Json, NotUnderstoodError
from ..model.fact import Fact, Obstacle, Source, Unknown
from . import rest
from .errors import GoogleApiError, read
from .google import Google
from .methods import Row
from .products.permissions import carrier


@dataclass(frozen=True)
class Accepted:
    """It was written; what the API answered."""

    document: Json


@dataclass(frozen=True)
class Conflict:
    """Somebody else wrote since it was read; nothing was written."""


@dataclass(frozen=True)
class Refused:
    """The API refused it; nothing was written."""

    unknown: Unknown


@dataclass(frozen=True)
class Busy:
    """The API had no time for it (429); nothing was written."""

    wish: float = 0.0  # seconds after which it may be sent again; 0 where it says none


@dataclass(frozen=True)
class Lost:
    """No answer came, or none that tells: it may have been written, or still be."""

    detail: str


Answer: TypeAlias = Accepted | Conflict | Refused | Busy | Lost


def policy_document(google: Google, resource: str) -> Fact[Json]:
    """Read a resource's own allow policy, version 3, as it is."""
    how = carrier(resource)
    if how is None:
        return Unknown(Source("nothing", resource), Obstacle.NOT_ASKED, "no policy of such a resource is handled")
    return rest.document(google, how.get, resource)


def set_policy_document(google: Google, resource: str, document: Json) -> Answer:
    """Write a resource's own allow policy with the etag that stands in it."""
    how = carrier(resource)
    if how is None or not document.get("etag"):
        raise ValueError("a policy is never written without the etag that it was read with")
    body = {"policy": {**document, "version": 3}}
    return send_once(google, how.set, resource, body)


def send_once(google: Google, row: Row, resource: str, body: Json) -> Answer:
    """Make a write; never again by itself."""
    source = Source(row.read, resource)
    try:
        answer = _send(google, row, row.url_path({"name": resource.removeprefix("//").partition("/")[2]}), body)
    except requests.ConnectionError as error:
        return Lost(type(error).__name__)
    except Exception as error:  # noqa: BLE001 - whatever it was, only reading tells whether it was written
        return unsent(source, error)
    return answer_of(source, answer)


def answer_of(source: Source, answer: requests.Response) -> Answer:
    """Tell what an answer to a write says of it."""
    if answer.status_code == 200:
        try:
            document = answer.json()
        except ValueError:
            document = None
        return Accepted(document) if isinstance(document, dict) else Lost("an answer that is not JSON")
    return failed(source, GoogleApiError(answer))


def failed(source: Source, error: GoogleApiError) -> Answer:
    """Tell what a failed write says of it: a server's own failure leaves open whether anything was written."""
    if error.code in {409, 412}:
        return Conflict()
    if error.code == 429:
        return Busy(_wish(error))
    if error.code >= 500 or error.code == 408:
        return Lost(f"status {error.code}")
    fact = _told_by(source, error)
    return Refused(fact if isinstance(fact, Unknown) else Unknown(source, Obstacle.NOT_UNDERSTOOD, "it does not exist"))


def _told_by(source: Source, error: Exception) -> Fact[Json]:
    def fail() -> Json:
        raise error

    return read(source, fail)


def _wish(error: GoogleApiError) -> float:
    """Return how long the API wants to be left alone, in seconds.

    Source: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    value = error.answer.headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() and len(value) < 6 else 0.0


def unsent(source: Source, error: Exception) -> Answer:
    """Tell what an error before any answer says: without credentials or time nothing was sent."""
    fact = _told_by(source, error)
    sent = isinstance(error, requests.RequestException | NotUnderstoodError)
    return Refused(fact) if isinstance(fact, Unknown) and not sent else Lost(type(error).__name__)


def _send(google: Google, row: Row, path: str, body: Json) -> requests.Response:
    answer: requests.Response = google.session().request(
        row.method,
        google.base(row.host) + path,
        params=row.query,
        json=body,
        timeout=google.deadline.attempt(),
        allow_redirects=False,
    )
    return answer
