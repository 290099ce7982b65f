"""Run readers at the same time, and wait for none of them longer than the deadline."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from threading import Thread
from typing import Generic, TypeVar

from ..gcp.deadline import Deadline
from ..gcp.errors import scrub
from ..model.fact import Fact, Obstacle, Source, Unknown
from .question import UnanswerableError

T = TypeVar("T")


@dataclass(frozen=True)
class Pending(Generic[T]):
    """A reader that was started.

    Args:
        future: what it will hand over.
        deadline: when nobody waits for it any more.
        source: what is blamed when it does not come back.
        otherwise: what stands for its result then.
    """

    future: Future[T]
    deadline: Deadline
    source: Source
    otherwise: Callable[[Unknown], T]

    def get(self) -> T:
        """Wait for the result.

        Raises:
            UnanswerableError: the reader found that the question has no answer as asked.
        """
        try:
            return self.future.result(timeout=self.deadline.left())
        except FutureTimeout:
            detail = f"not read within {self.deadline.seconds:g} seconds"
            return self.otherwise(Unknown(self.source, Obstacle.TIMED_OUT, detail))
        except UnanswerableError:
            raise
        except Exception as error:  # noqa: BLE001 - one crash must cost one fact only
            detail = scrub(f"reading it failed: {type(error).__name__}: {error}")
            return self.otherwise(Unknown(self.source, Obstacle.NOT_UNDERSTOOD, detail))


class Crew:
    """Starts readers, each in a thread of its own.

    The threads are daemons: those of a pool would be waited for when the program ends, past any deadline.

    Args:
        deadline: by which every fact is there, known or not.
        progress: is told what is being read, always from the thread that starts the reader.
    """

    def __init__(self, deadline: Deadline, progress: Callable[[str], None]) -> None:
        self._deadline = deadline
        self._progress = progress

    def read(self, saying: str, source: Source, reader: Callable[[], Fact[T]]) -> Pending[Fact[T]]:
        """Start a reader of one fact; for arguments see `start`."""

        def otherwise(unknown: Unknown) -> Fact[T]:
            return unknown

        return self.start(saying, source, reader, otherwise)

    def start(
        self, saying: str, source: Source, reader: Callable[[], T], otherwise: Callable[[Unknown], T]
    ) -> Pending[T]:
        """Start a reader.

        Args:
            saying: what is being read, in the user's words.
            source: what is blamed when the reader does not come back.
            reader: reads it.
            otherwise: makes a result of why there is none.
        """
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(reader())
            except BaseException as error:  # noqa: BLE001 - handed over to whoever waits
                future.set_exception(error)

        self._progress(saying)
        Thread(target=run, name=f"reads {source.read}", daemon=True).start()
        return Pending(future, self._deadline, source, otherwise)

    def settled(self, value: T) -> Pending[T]:
        """Return what needs no reading in the form of what does."""
        future: Future[T] = Future()
        future.set_result(value)
        return Pending(future, self._deadline, Source("nothing", "settled"), lambda _: value)
