"""A door that asks each thing once, however many calls are judged in one run."""

from __future__ import annotations

from threading import Lock
from typing import Final

from ...gcp.door import Asked, Door, UnansweredError
from ...google_json.json_access import Json
from ...model.fact import Absent, Obstacle, Unknown
from .wrapped import WrappedDoor

_LASTING: Final = frozenset(
    {Obstacle.FORBIDDEN, Obstacle.API_DISABLED, Obstacle.NO_CREDENTIALS, Obstacle.NOT_IN_DOCUMENT}
)
"""Why a read failed that would fail again at once; a time-out is one call's alone."""


class SharedReads:
    """What was answered in one run, by what was asked. Safe to share between threads."""

    def __init__(self) -> None:
        self._answers: dict[str, Json | Absent | Unknown] = {}
        self._lock = Lock()

    def find(self, key: str) -> Json | Absent | Unknown | None:
        """Return the answer; None where there is none yet."""
        with self._lock:
            return self._answers.get(key)

    def keep(self, key: str, answer: Json | Absent | Unknown) -> None:
        """Keep an answer, but a failure that may be over the next time."""
        if isinstance(answer, Unknown) and answer.obstacle not in _LASTING:
            return
        with self._lock:
            self._answers[key] = answer


class SharedDoor(WrappedDoor):
    """A door whose answers serve all calls of one run. Test calls and tokens are no reads: they are made anew.

    Args:
        inner: what answers the first time.
        reads: what was answered already; left out: nothing.
    """

    def __init__(self, inner: Door, reads: SharedReads | None = None) -> None:
        super().__init__(inner)
        self._reads = SharedReads() if reads is None else reads

    def around(self, inner: Door) -> Door:
        """Return the same before another door."""
        return SharedDoor(inner, self._reads)

    def answer(self, asked: Asked) -> Json:
        """Return what was answered, now or before.

        Raises:
            UnansweredError: nothing is there, or it cannot be seen.
        """
        key = repr((asked.row, asked.target, sorted(asked.names.items()), asked.body, asked.page_token))
        found = self._reads.find(key)
        if found is None:
            try:
                found = self.inner.answer(asked)
            except UnansweredError as error:
                found = error.fact
            self._reads.keep(key, found)
        if isinstance(found, Absent | Unknown):
            raise UnansweredError(found)
        return found
