"""Tells of each HTTP exchange: addresses, statuses, times, and headers that cannot hold a credential. No body."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

import requests
from requests.adapters import BaseAdapter

from ..model.http import HttpExchange, Traced
from ..redaction import shown_url, without_tokens
from .door import scrub

_SHOWN: Final = frozenset(
    {
        "accept", "accept-encoding", "connection", "content-encoding", "content-length", "content-type", "date",
        "metadata-flavor", "retry-after", "server", "transfer-encoding", "user-agent", "via", "www-authenticate",
        "x-cloud-trace-context", "x-goog-api-client", "x-goog-user-project",
    }
)  # fmt: skip
"""Headers whose values are shown. Any other may be a credential: its name is shown alone."""


def log_requests(session: requests.Session, traced: Traced) -> None:
    """Have each exchange of a session told."""
    for prefix, adapter in list(session.adapters.items()):
        session.mount(prefix, _LoggedAdapter(adapter, traced))


class _LoggedAdapter(BaseAdapter):
    """Sends as another adapter does, and tells what came of it."""

    def __init__(self, inner: BaseAdapter, traced: Traced) -> None:
        super().__init__()
        self._inner = inner
        self._traced = traced

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send it."""
        began = time.monotonic()
        try:
            answer = self._inner.send(request, *args, **kwargs)
        except Exception as error:
            self._tell(request, began, message=scrub(f"{type(error).__name__}: {error}"))
            raise
        is_error = answer.status_code >= 400 and not kwargs.get("stream")
        self._tell(request, began, answer, _message(answer) if is_error else "")
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()

    def _tell(
        self,
        request: requests.PreparedRequest,
        began: float,
        answer: requests.Response | None = None,
        message: str = "",
    ) -> None:
        self._traced(
            HttpExchange(
                request.method or "",
                shown_url(request.url or ""),
                _shown(request.headers),
                time.monotonic() - began,
                answer.status_code if answer is not None else None,
                _shown(answer.headers) if answer is not None else (),
                message,
            )
        )


def _shown(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    named = ((name.lower(), value) for name, value in pairs)
    return tuple((name, without_tokens(str(value)) if name in _SHOWN else "") for name, value in named)


def _message(answer: requests.Response) -> str:
    """Return what an API of Google's says of an error; nothing of another body."""
    try:
        found = answer.json()
        error = found.get("error")
        text = error.get("message") if isinstance(error, dict) else f"{error}: {found.get('error_description', '')}"
    except (ValueError, AttributeError, requests.RequestException):
        return ""
    return scrub(str(text)) if error else ""
