"""Time that passes: Google's is this machine's; a sandbox has a clock of its own, which waiting moves on."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any, Final

import requests

from .google import Google

_SANDBOX_PAUSE: Final = 0.02
"""Real seconds of a wait in a sandbox, whose clock jumps over the rest."""


class Clock:
    """The clock of the cloud that a door leads to."""

    def __init__(self, google: Google) -> None:
        self._google = google

    def now(self) -> float:
        """Seconds since 1970."""
        told = self._ask("GET", "")
        return time.time() if told is None else _seconds(told)

    def wait(self, seconds: float) -> None:
        """Let time pass. In a sandbox this is its own time, for everybody who shares it."""
        if self._google.sandbox is None:
            time.sleep(seconds)
            return
        time.sleep(min(seconds, _SANDBOX_PAUSE))
        self._ask("POST", "/advance", {"seconds": seconds})

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        if self._google.sandbox is None:
            return None
        url = f"{self._google.sandbox}/_sandbox{path}"
        try:
            return self._google.plain_session().request(method, url, json=body, timeout=5.0).json()
        except (requests.RequestException, ValueError):
            return None


def _seconds(told: Any) -> float:
    try:
        return datetime.fromisoformat(str(told["now"])).timestamp()
    except (KeyError, TypeError, ValueError):
        return time.time()
