"""Run readers at the same time, and wait for none of them longer than the deadline."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Sequence
from threading import Thread
from typing import Any, Generic, TypeAlias, TypeVar

from ..deferred import dataclass
from ..gcp.deadline import Deadline
from ..gcp.door import scrub
from ..model.fact import Fact, Obstacle, Source, Unknown
from .unanswerable import UnanswerableError

T = TypeVar("T")
U = TypeVar("U")
T_co = TypeVar("T_co", covariant=True)


Part: TypeAlias = concurrent.futures.Future[Any]
"""One read: whatever it brings, it is only asked whether it is done."""


@dataclass(frozen=True)
class Future(Generic[T_co]):
    """A result that is being read."""

    # waits for it, until the deadline at most; raises UnanswerableError where the question has no answer as asked
    get: Callable[[], T_co]
    parts: tuple[Part, ...] = ()  # the reads that it is made of

    def running(self) -> tuple[Part, ...]:
        """Return the reads that it still waits for."""
        return tuple(part for part in self.parts if not part.done())


def settled(value: T) -> Future[T]:
    """Return what needs no reading in the form of what does."""
    return Future(lambda: value)


def joined(futures: Sequence[Future[T]], join: Callable[[list[T]], U]) -> Future[U]:
    """Return the future of what is made of several."""
    return Future(lambda: join([one.get() for one in futures]), tuple(part for one in futures for part in one.parts))


class ReaderPool:
    """Starts readers, each in a thread of its own.

    The threads are daemons: those of an executor would be waited for when the program ends, past any deadline.

    `progress` is told what is being read, always from the thread that starts the reader.
    """

    def __init__(self, deadline: Deadline, progress: Callable[[str], None] = lambda _: None) -> None:
        self.deadline = deadline
        self._progress = progress

    def read(self, saying: str, source: Source, reader: Callable[[], Fact[T]]) -> Future[Fact[T]]:
        """Start a reader of one fact; for arguments see `start`."""

        def otherwise(unknown: Unknown) -> Fact[T]:
            return unknown

        return self.start(saying, source, reader, otherwise)

    def start(
        self, saying: str, source: Source, reader: Callable[[], T], otherwise: Callable[[Unknown], T]
    ) -> Future[T]:
        """Start a reader.

        `source` is blamed when the reader does not come back; `otherwise` makes a result of why there is none.
        """
        future: concurrent.futures.Future[T] = concurrent.futures.Future()

        def run() -> None:
            try:
                future.set_result(reader())
            except BaseException as error:  # noqa: BLE001 - handed over to whoever waits
                future.set_exception(error)

        def get() -> T:
            try:
                return self._result(future)
            except concurrent.futures.TimeoutError:
                detail = f"not read within {self.deadline.seconds:g} seconds"
                return otherwise(Unknown(source, Obstacle.TIMED_OUT, detail))
            except UnanswerableError:
                raise
            except Exception as error:  # noqa: BLE001 - one crash must cost one fact only
                detail = scrub(f"reading it failed: {type(error).__name__}: {error}")
                return otherwise(Unknown(source, Obstacle.NOT_UNDERSTOOD, detail))

        self._progress(saying)
        Thread(target=run, name=f"reads {source.read}", daemon=True).start()
        return Future(get, (future,))

    def _result(self, future: concurrent.futures.Future[T]) -> T:
        """Wait until the deadline, and look now and then whether whoever asked has gone.

        Raises:
            TimeoutError: it is not there.
        """
        while not future.done() and (glance := self.deadline.glance()) > 0:
            concurrent.futures.wait([future], timeout=glance)
        return future.result(timeout=0)
