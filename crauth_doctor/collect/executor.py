"""Carry out a plan of reads: each begins as soon as what it needs is there, and all of them end at one deadline.

So the waves follow from what the reads need, and nobody has to put them in order.
"""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Generic, TypeAlias, TypeVar, cast

from ..gcp.door import Door
from ..model.finding import Stage
from .callers.kind import LookupContext
from .find_service import ServiceReference
from .parallel import Future, ReaderPool
from .question import Question
from .unanswerable import UnanswerableError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, eq=False)
class Read(Generic[T_co]):
    """A row of the read plan."""

    what: str  # what it brings
    needs: tuple[Read[object], ...]  # reads whose results it uses: it begins when all of them are there
    matters: str  # when it is read; otherwise it is settled at once
    begin: Callable[[Inputs], Future[T_co]]  # starts it, or settles it
    # reads that it may wait for after it has begun, where it finds that it needs them
    later: tuple[Read[object], ...] = ()
    takes: tuple[str, ...] = ()  # the permissions that it takes


Watch: TypeAlias = Callable[[frozenset[Stage]], None]
_NO_STAGES: Final[Mapping[Read[object], Stage]] = {}


@dataclass(frozen=True)
class Inputs:
    """What a read has to work with."""

    question: Question
    asked: ServiceReference  # the service, as far as the question tells it
    google: Door
    pool: ReaderPool
    context: LookupContext  # where a caller is looked up
    # whose inputs these are: it gets what it declares, and nothing else; None for who asked for the plan
    read: Read[object] | None = None
    _results: dict[Read[object], concurrent.futures.Future[object]] = field(default_factory=dict)
    _order: list[Read[object]] = field(default_factory=list)
    _whole: _Whole | None = None

    @classmethod
    def of(
        cls,
        question: Question,
        asked: ServiceReference,
        google: Door,
        progress: Callable[[str], None],
        stages: Mapping[Read[object], Stage] = _NO_STAGES,
        watch: Watch | None = None,
    ) -> Inputs:
        """Return those of a plan that begins now, with the question's deadline.

        `progress` is told each read that begins, `watch` which stages have all their reads, each time that there are
        more.
        """
        google = google.within(question.seconds)
        context = LookupContext(google, question.caller_project or question.project or asked.project, asked.region)
        order: list[Read[object]] = []
        results: dict[Read[object], concurrent.futures.Future[object]] = {}

        def tell(saying: str) -> None:
            progress(f"{saying}{_so_far(order, results)}" if stages else saying)

        whole = _Whole(stages, order, results, watch) if watch else None
        pool = ReaderPool(google.deadline, tell)
        return cls(question, asked, google, pool, context, _results=results, _order=order, _whole=whole)

    def __getitem__(self, read: Read[T]) -> T:
        """Return what a read brought.

        Raises:
            LookupError: it is not among the needs that are declared.
        """
        if self.read is not None and read not in self.read.needs:
            raise LookupError(f"{self.read.what} does not declare that it needs {read.what}")
        return cast("T", self._results[read].result(timeout=0))  # it was put there by this very read

    def later(self, read: Read[T]) -> Future[T]:
        """Return what a read will bring, to be waited for in a thread of its own."""
        if self.read is not None and read not in self.read.later:
            raise LookupError(f"{self.read.what} does not declare that it may wait for {read.what}")
        result = self._results[read]
        return Future(lambda: cast("T", result.result(timeout=self.google.deadline.left())))

    def give(self, read: Read[T], value: T) -> None:
        """Put in what is known already."""
        self._results[read] = concurrent.futures.Future()
        self._results[read].set_result(value)

    def carry_out(self, *goals: Read[object]) -> None:
        """Read these, and all that they need.

        Raises:
            UnanswerableError: a read found that the question has no answer as asked.
        """
        order = in_order(goals, self._results)
        self._results.update({read: concurrent.futures.Future() for read in order})
        self._order.extend(order)
        there = {read for read, result in self._results.items() if result.done()}
        waiting, running = list(order), dict[Read[object], Future[object]]()
        while waiting or running:
            for read in [one for one in waiting if there.issuperset(one.needs)]:
                waiting.remove(read)
                running[read] = read.begin(replace(self, read=read))
            parts = {read: future.running() for read, future in running.items()}
            late = self.google.deadline.left() <= 0
            finished = [read for read in order if read in running and (late or not parts[read])]
            for read in finished:
                self._finish(read, running, order)
            there.update(finished)
            if finished and waiting and self._whole:
                self._whole.look()
            if not finished:
                pending = [part for one in parts.values() for part in one]
                concurrent.futures.wait(pending, self.google.deadline.glance(), concurrent.futures.FIRST_COMPLETED)

    def _finish(
        self, read: Read[object], running: dict[Read[object], Future[object]], order: list[Read[object]]
    ) -> None:
        future = running.pop(read)
        try:
            self._results[read].set_result(future.get())
        except UnanswerableError:
            for earlier, other in running.items():  # of two that are unclear, the user hears of the first every time
                if order.index(earlier) < order.index(read):
                    other.get()
            raise


def _so_far(order: Sequence[Read[object]], results: Mapping[Read[object], concurrent.futures.Future[object]]) -> str:
    """Return how many reads are done."""
    done = sum(results[read].done() for read in order)
    return f" ({done} of {len(order)})" if done < len(order) else ""


@dataclass(slots=True)
class _Whole:
    """Tells which stages have all their reads, each time that there are more of them."""

    stages: Mapping[Read[object], Stage]
    order: Sequence[Read[object]]
    results: Mapping[Read[object], concurrent.futures.Future[object]]
    watch: Watch
    known: frozenset[Stage] = frozenset()

    def look(self) -> None:
        """Look what is there now."""
        open_ones = {self.stages[read] for read in self.order if read in self.stages and not self.results[read].done()}
        whole = frozenset(self.stages.values()) - open_ones
        if whole > self.known:
            self.known = whole
            self.watch(whole)


def in_order(goals: Iterable[Read[object]], known: Container[Read[object]] = ()) -> list[Read[object]]:
    """Return these reads and what they need, each after its needs; without what is known, and what only that needs."""
    found: dict[Read[object], None] = {}
    for goal in goals:
        _add(goal, found, known)
    return list(found)


def _add(read: Read[object], found: dict[Read[object], None], known: Container[Read[object]]) -> None:
    if read not in found and read not in known:
        for need in (*read.needs, *read.later):
            _add(need, found, known)
        found[read] = None
