"""What may come instead of an answer, or be wrong in it: one function a kind, which makes a fault of the true reply."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from crauth_doctor.sandbox.http.messages import Reply

Fault: TypeAlias = Callable[[Reply], dict[str, Any]]
JSON: Final = {"content-type": "application/json; charset=UTF-8"}
_PORTAL: Final = "<!doctype html><title>Sign in to the network</title>"


def _status(status: int, word: str, **headers: str) -> Fault:
    error = {"error": {"code": status, "message": "injected", "status": word}}
    return lambda _: {"status": status, "body": json.dumps(error), "headers": JSON | headers}


def _body(text: str, kind: str = JSON["content-type"], status: int = 200) -> Fault:
    return lambda _: {"status": status, "body": text, "headers": {"content-type": kind}}


def _as_it_is(true: Reply) -> dict[str, Any]:
    return {"status": true.status, "body": true.body.decode(errors="replace"), "headers": true.headers}


def _edited(edit: Callable[[Any], Any]) -> Fault:
    def fault(true: Reply) -> dict[str, Any]:
        try:
            value = json.loads(true.body)
        except ValueError:
            return _as_it_is(true)
        return _as_it_is(true) | ({"body": json.dumps(edit(value))} if true.status == 200 else {})

    return fault


def _walked(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {key: _walked(one, change) for key, one in value.items()}
    return [_walked(one, change) for one in value] if isinstance(value, list) else change(value)


def _swapped(value: Any) -> Any:
    """Return lists as objects, and objects as lists."""
    if isinstance(value, dict):
        return [{key: _swapped(one) for key, one in value.items()}]
    return {str(at): _swapped(one) for at, one in enumerate(value)} if isinstance(value, list) else value


def _flat(value: Any) -> Any:
    """Return texts for lists."""
    if isinstance(value, dict):
        return {key: _flat(one) for key, one in value.items()}
    return "x" if isinstance(value, list) else value


def _is_enum(value: object) -> bool:
    return isinstance(value, str) and value.isupper() and ("_" in value or len(value) > 3)


KINDS: Final[dict[str, Fault]] = {
    "302": lambda _: {"status": 302, "body": "", "headers": {"location": "https://other.example/"}},
    "400": _status(400, "INVALID_ARGUMENT"),
    "401": _status(401, "UNAUTHENTICATED"),
    "403": _status(403, "PERMISSION_DENIED"),
    "403 of a proxy": _body(_PORTAL, "text/html", 403),
    "404": _status(404, "NOT_FOUND"),
    "404 of a proxy": _body(_PORTAL, "text/html", 404),
    "409": _status(409, "ABORTED"),
    "429": _status(429, "RESOURCE_EXHAUSTED"),
    "429 with a wish": _status(429, "RESOURCE_EXHAUSTED", **{"retry-after": "3600"}),
    "500": _status(500, "INTERNAL"),
    "502 of a proxy": _body(_PORTAL, "text/html", 502),
    "503": _status(503, "UNAVAILABLE"),
    "504": _status(504, "DEADLINE_EXCEEDED"),
    "reset": lambda _: {"reset": True},
    "empty": _body(""),
    "truncated": lambda true: _as_it_is(true) | {"truncate": True},
    "half": lambda true: _as_it_is(true) | {"body": true.body.decode(errors="replace")[: len(true.body) // 2]},
    "no content": lambda _: {"status": 204, "body": ""},
    "nested": _body('{"a":' * 20_000 + "1" + "}" * 20_000),
    "not a number": _body('{"version": NaN, "etag": Infinity}'),
    "not gzip": lambda true: _as_it_is(true) | {"headers": {**true.headers, "content-encoding": "gzip"}},
    "HTML": _body(_PORTAL, "text/html"),
    "text": _body('"ok"'),
    "array": _body("[]"),
    "null": _body("null"),
    "nothing in it": _body("{}"),
    "error with 200": _body('{"error": {"code": 403, "message": "injected", "status": "PERMISSION_DENIED"}}'),
    "null fields": _edited(lambda value: dict.fromkeys(value) if isinstance(value, dict) else value),
    "null values": _edited(lambda value: _walked(value, lambda _: None)),
    "unknown enum": _edited(lambda value: _walked(value, lambda one: "NEW_IN_2031" if _is_enum(one) else one)),
    "numbers for strings": _edited(lambda value: _walked(value, lambda one: 7 if isinstance(one, str) else one)),
    "strings for numbers": _edited(lambda value: _walked(value, lambda one: str(one) if type(one) is int else one)),
    "texts for lists": _edited(_flat),
    "other numbers": _edited(lambda value: _walked(value, lambda one: 99 if type(one) is int else one)),
    "lists for objects": _edited(
        lambda value: {key: _swapped(one) for key, one in value.items()} if isinstance(value, dict) else value
    ),
    "endless pages": _edited(lambda value: {**value, "nextPageToken": "again"} if isinstance(value, dict) else value),
    "slow": lambda _: {"delay": 60},
}
