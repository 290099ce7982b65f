"""One deadline for a whole run, and the retries inside it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

ATTEMPTS: Final = 5
"""How often one request is sent at most."""

_FIRST_PAUSE: Final = 0.15
_LONGEST_PAUSE: Final = 2.0
_SHARE: Final = 0.45
"""As much of the whole time as one attempt may take: an API that hangs must leave time for what comes after it."""
_GLANCE: Final = 0.2


class TimeIsUpError(Exception):
    """The deadline of the run has passed; nothing more is sent."""


class Deadline:
    """The time by which everything is over.

    `now` is a clock in seconds that never goes back; `stopped`: whoever asked has gone, so that no time is left.
    """

    def __init__(
        self,
        seconds: float,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self.seconds = seconds
        self.stopped = stopped
        self._now = now
        self._sleep = sleep
        self._end = now() + seconds

    def left(self) -> float:
        """Seconds that are left, at least 0."""
        return 0.0 if self.stopped() else max(0.0, self._end - self._now())

    def glance(self) -> float:
        """Seconds to wait before looking again how many are left."""
        return min(self.left(), _GLANCE)

    def half(self) -> Deadline:
        """Return the deadline at half of the time that is left, for what must not use up all of it."""
        return Deadline(self.left() / 2, stopped=self.stopped)

    def attempt(self) -> float:
        """Seconds that one attempt may take.

        Raises:
            TimeIsUpError: none are left.
        """
        left = self.left()
        if left <= 0:
            raise TimeIsUpError(f"the {self.seconds:g} seconds of this run are over")
        return min(left, max(self.seconds * _SHARE, 0.05))

    def retry(self, send: Callable[[float], T], pause_after: Callable[[Exception], float | None]) -> T:
        """Send, and send again what is worth it, with pauses that grow and vary; never after the deadline.

        `send` makes one attempt, in at most as many seconds as it is given. `pause_after` returns the seconds that a
        failure asks to wait for (0: no wish); None where trying again is useless.

        Raises:
            TimeIsUpError: there was no time for a first attempt.
            Exception: whatever the last attempt raised.
        """
        for number in range(ATTEMPTS):
            try:
                return send(self.attempt())
            except TimeIsUpError:
                raise
            except Exception as error:
                wished = pause_after(error)
                if wished is None or number == ATTEMPTS - 1:
                    raise
                ceiling = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**number)
                pause = max(wished, random.uniform(ceiling / 2, ceiling))  # noqa: S311 - jitter is no secret
                if pause >= self.left():
                    raise
                self._sleep(pause)
        raise AssertionError("unreachable")  # pragma: no cover
