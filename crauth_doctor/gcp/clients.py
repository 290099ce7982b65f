"""What goes by Google's own clients, over REST: deny policies are read, and a Cloud Run service is written.

To import one takes longer than a check waits for an answer. So they serve where they know more than the thin client of
`live`: a field mask with its operation, and an API of quoted names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import requests
from google.api_core.exceptions import GoogleAPICallError
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from ..google_json.json_access import Json
from .connection import Connection
from .door import Asked
from .errors import GoogleApiError, json_object, retrying

if TYPE_CHECKING:
    from google.cloud.run_v2 import ServicesClient

_FIRST_ERROR: Final = 400


def ask(connection: Connection, asked: Asked) -> Json:
    """Return what Google answers to a read of deny policies.

    Raises:
        GoogleApiError: it is no success.
    """
    from google.cloud.iam_v2 import PoliciesClient

    send: Callable[..., Any] = getattr(
        connection.client(PoliciesClient, asked.row.host, genuine), asked.row.client or ""
    )
    request: dict[str, Any] = dict(asked.names)
    if asked.row.items:
        request["page_token"] = asked.page_token

    def attempt(seconds: float) -> Any:
        with told():
            return send(request=request, retry=None, timeout=seconds)

    found = retrying(connection.deadline, attempt)
    return as_json(next(iter(found.pages)) if asked.row.items else found)


def services(connection: Connection) -> ServicesClient:
    """Return the client of Cloud Run's services."""
    from google.cloud.run_v2 import ServicesClient

    return connection.client(ServicesClient, "run.googleapis.com", genuine)


def as_json(message: Any) -> dict[str, Any]:
    """Return a message of one of Google's clients as the JSON that it came as, as far as the client knew it."""
    raw = message if isinstance(message, Message) else type(message).pb(message)
    found: dict[str, Any] = MessageToDict(raw)
    return found


@contextmanager
def told() -> Iterator[None]:
    """Raise what an API answers as the thin client does.

    Raises:
        GoogleApiError: it is no success.
    """
    try:
        yield
    except GoogleAPICallError as error:
        if isinstance(error.response, requests.Response):
            raise GoogleApiError(error.response) from error
        raise


def genuine(answer: requests.Response, *_: object, **__: object) -> None:
    """Refuse an answer that tells of no error, and that no API of Google's gives.

    To be hung on a session of one of its clients, which would make an empty message of whatever it does not know;
    and an empty policy is not an unread one.

    Raises:
        NotUnderstoodError: it is not a JSON object, or one that tells of an error.
    """
    if answer.status_code < _FIRST_ERROR:
        json_object(answer)
