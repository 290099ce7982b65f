"""What Google answers: by its own clients where a row says so, else by one thin client over REST."""

from __future__ import annotations

import requests

from ..google_json.json_access import Json, NotUnderstoodError
from ..model.fact import Known, Source
from .connection import Connection
from .door import Asked, UnansweredError
from .errors import HTTP_OK, GoogleApiError, json_object, read, retrying
from .shapes import fitting


def answer(connection: Connection, asked: Asked) -> Json:
    """Return what Google answers.

    Raises:
        UnansweredError: nothing is there, or it cannot be seen.
    """
    fact = read(Source(asked.row.read, asked.target), lambda: _there(asked, _sent(connection, asked)))
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


def _sent(connection: Connection, asked: Asked) -> Json:
    if asked.row.client is None:
        return ask(connection, connection.session(), asked)
    from . import clients

    return clients.ask(connection, asked)


def ask(connection: Connection, session: requests.Session, asked: Asked) -> Json:
    """Return what Google answers, by the thin client.

    Raises:
        GoogleApiError: it is no success.
    """
    row = asked.row
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
            allow_redirects=False,
        )
        if answer.status_code != HTTP_OK:
            raise GoogleApiError(answer)
        return json_object(answer)

    return retrying(connection.deadline, attempt)
