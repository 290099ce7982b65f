"""What goes over the wire: a request as it was sent, and the reply to it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote

from ..state.world import Json

GOOGLE = "Google Frontend"


@dataclass(frozen=True)
class HttpRequest:
    """One HTTP request, addressed to a host. `path` is raw (percent-encoded) and without its query."""

    method: str
    host: str
    path: str
    query_string: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def all(self, name: str) -> list[str]:
        """Every value of a header, in order."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        """The first value of a header."""
        found = self.all(name)
        return found[0] if found else None

    def query(self, name: str) -> str | None:
        """The first value of a query parameter, decoded."""
        return parse_qs(self.query_string, keep_blank_values=True).get(name, [None])[0]

    def json(self) -> Json:
        """The body as a JSON object; an empty body is an empty object.

        Raises:
            ValueError: if it is not one.
        """
        if not self.body.strip():
            return {}
        try:
            value = json.loads(self.body, parse_constant=_finite, parse_float=_finite)
        except RecursionError:
            raise ValueError("the body is nested too deeply") from None
        if not isinstance(value, dict):
            raise ValueError("the body is no JSON object")  # noqa: TRY004  (one kind of error for any bad body)
        return value

    def form(self) -> dict[str, str]:
        """The body as form fields."""
        fields = parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)
        return {key: values[0] for key, values in fields.items()}

    @property
    def bearer(self) -> str | None:
        """The token of the Authorization header."""
        scheme, _, token = (self.header("authorization") or "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" and token.strip() else None

    @property
    def decoded_path(self) -> str:
        """The path with its percent-encoding undone."""
        return unquote(self.path)


@dataclass(frozen=True)
class Reply:
    """One HTTP response. `drop` says how the connection breaks instead: `reset` or `truncate`."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    drop: str | None = None


def _finite(text: str) -> float:
    """A number of a JSON document. NaN and Infinity are none (RFC 8259), and 1e999 would be read as one of them."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]} is not a finite number")
    return value


def _written(value: object) -> str:
    """A moment that a YAML reader made of a timestamp, as the API wrote it."""
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)


def json_reply(status: int, document: Any, **headers: str) -> Reply:
    """A JSON answer, written as Google's APIs write it."""
    body = json.dumps(document, indent=2, ensure_ascii=False, default=_written).encode() + b"\n"
    return Reply(
        status,
        body,
        {"content-type": "application/json; charset=UTF-8", "server": "ESF", "vary": "Origin", **headers},
    )


def text_reply(status: int, text: str, content_type: str = "text/plain; charset=utf-8", **headers: str) -> Reply:
    """A text answer."""
    return Reply(status, text.encode(), {"content-type": content_type, **headers})
