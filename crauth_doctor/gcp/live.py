"""What Google answers: by its own clients where a row says so, else by one thin client over REST."""

from __future__ import annotations

from typing import Any, Final

from google.api_core import exceptions as api

from ..google_json.json_access import Json, NotUnderstoodError
from ..model.fact import Known, Source
from .connection import Connection
from .door import Asked, UnansweredError
from .errors import HTTP_OK, as_json, json_object, read, retrying
from .shapes import fitting

_PAGE: Final = 1000
"""Services of one page that are asked for; the API may give fewer.

Source: https://docs.cloud.google.com/run/docs/reference/rest/v2/projects.locations.services/list
"""


def answer(connection: Connection, asked: Asked) -> Json:
    """Return what Google answers.

    Raises:
        UnansweredError: nothing is there, or it cannot be seen.
    """
    send = _by_rest if asked.row.client is None else _by_client
    fact = read(Source(asked.row.read, asked.target), lambda: _there(asked, send(connection, asked)))
    if isinstance(fact, Known):
        return fact.value
    raise UnansweredError(fact)


def _there(asked: Asked, found: Json) -> Json:
    """Return an answer of the form that the method has, with something in it.

    Raises:
        NotUnderstoodError: it is of another form, or empty, and only a list can be.
    """
    if not found and asked.row.schema.endswith((".get", ".getIamPolicy")):
        raise NotUnderstoodError("an answer with nothing in it")
    # one of Google's clients has checked the types itself, and gives a value that it does not know as a number
    return found if asked.row.client else fitting(asked.row.schema, found)


def _by_rest(connection: Connection, asked: Asked) -> Json:
    session, row = connection.session(), asked.row
    paging = {"pageToken": asked.page_token} if asked.page_token else {}
    is_post = row.method == "POST"
    sent = {**(row.body or {}), **(asked.body or {}), **paging} if is_post else None
    params = {**(row.query or {}), **({} if is_post else paging)}

    def attempt(seconds: float) -> Json:
        answer = session.request(
            row.method,
            connection.base(row.host) + row.url_path(asked.names),
            params=params,
            json=sent,
            timeout=seconds,
            max_allowed_time=None,
            allow_redirects=False,
        )
        if answer.status_code != HTTP_OK:
            raise api.from_http_response(answer)
        return json_object(answer)

    return retrying(connection.deadline, attempt)


def _by_client(connection: Connection, asked: Asked) -> Json:
    """Ask one of Google's clients; its message is the JSON that it came as, as far as the client knows it."""
    client: Any = connection.services() if asked.row.host.startswith("run.") else connection.deny_policies()
    send = getattr(client, asked.row.client or "")
    request: dict[str, Any] = dict(asked.names)
    match asked.row.client:
        case "list_services":
            request |= {"page_token": asked.page_token, "page_size": _PAGE}
        case "list_policies":
            request["page_token"] = asked.page_token
        case "get_iam_policy":
            request = {"resource": request["name"], "options": {"requested_policy_version": 3}}
        case _:
            pass
    found = retrying(connection.deadline, lambda seconds: send(request=request, retry=None, timeout=seconds))
    return as_json(next(iter(found.pages)) if asked.row.items else found)
