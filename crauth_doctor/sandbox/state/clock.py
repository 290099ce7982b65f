"""The sandbox's clock: the world's `now`, running, and moved forward by hand."""

from __future__ import annotations

import math
import threading
import time
from datetime import UTC, datetime, timedelta

_FARTHEST = 100 * 365 * 86_400.0  # of which every date and every expiry can still be written


class WorldClock:
    """Time that starts at a given moment and runs at the usual speed."""

    def __init__(self, start: datetime | None) -> None:
        self._start = (start or datetime.now(UTC)).astimezone(UTC)
        self._since = time.monotonic()
        self._ahead = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The moment that it is in the sandbox."""
        return self._start + timedelta(seconds=time.monotonic() - self._since + self._ahead)

    def advance(self, seconds: float) -> datetime:
        """Let so many seconds pass at once.

        Raises:
            ValueError: if that is no finite number of seconds, goes back in time, or ends more than 100 years ahead.
        """
        if not math.isfinite(seconds) or seconds < 0:
            raise ValueError(f"a clock goes forward by a finite number of seconds, not by {seconds}")
        with self._lock:
            if self._ahead + seconds > _FARTHEST:
                raise ValueError("the sandbox's clock goes at most 100 years ahead of the world's `now`")
            self._ahead += seconds
        return self.now()


def rfc3339(moment: datetime) -> str:
    """A moment as Google's APIs write it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def http_date(moment: datetime) -> str:
    """A moment as the `Date` header writes it."""
    from email.utils import format_datetime

    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)
