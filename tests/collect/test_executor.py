from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event

import pytest

from crauth_doctor.collect.executor import Inputs, Read, in_order
from crauth_doctor.collect.find_service import ServiceReference
from crauth_doctor.collect.parallel import Future, joined, settled
from crauth_doctor.collect.question import Question
from crauth_doctor.collect.unanswerable import UnanswerableError
from crauth_doctor.gcp.google import connect
from crauth_doctor.model.fact import Fact, Known, Obstacle, Source, Unknown
from crauth_doctor.sandbox import parse_world, serve

SOURCE = Source("a read", "a target")
LONG = 60.0

Give = Callable[..., Inputs]


@pytest.fixture
def inputs() -> Iterator[Give]:
    with serve(parse_world({"version": 1})) as box:
        google = connect({}, sandbox=box.base)

        def give(seconds: float = LONG, said: list[str] | None = None) -> Inputs:
            question = Question("orders", project="p", seconds=seconds)
            progress = (said if said is not None else []).append
            return Inputs.of(question, ServiceReference("p", None, "orders"), google, progress)

        yield give


def reading(what: str, value: Callable[[], int], *needs: Read[object]) -> Read[Fact[int]]:
    def begin(at: Inputs) -> Future[Fact[int]]:
        return at.pool.read(what, SOURCE, lambda: Known(value(), SOURCE))

    return Read(what, needs, "always", begin)


def raising(what: str, error: Callable[[], Exception]) -> Read[int]:
    def fail() -> int:
        raise error()

    return Read(what, (), "always", lambda at: at.pool.start(what, SOURCE, fail, lambda _: 0))


def test_a_read_begins_when_its_needs_are_there_and_beside_those_that_it_does_not_need(inputs: Give) -> None:
    second_is_running, first_may_end = Event(), Event()

    def first() -> int:
        assert second_is_running.wait(LONG), "the second read never began beside the first"
        first_may_end.wait(LONG)
        return 1

    def second() -> int:
        second_is_running.set()
        first_may_end.set()
        return 2

    one, two = reading("one", first), reading("two", second)

    def total(at: Inputs) -> Future[int]:
        return settled(sum(fact.value for fact in (at[one], at[two]) if isinstance(fact, Known)))

    goal = Read("the sum", (one, two), "always", total)
    said: list[str] = []
    at = inputs(said=said)
    at.carry_out(goal)
    assert at[goal] == 3
    assert said == ["one", "two"]


def test_a_read_gets_what_it_declares_and_nothing_else(inputs: Give) -> None:
    one = reading("one", lambda: 1)
    liar = Read("a liar", (), "always", lambda at: settled(at[one]))
    with pytest.raises(LookupError, match="a liar does not declare that it needs one"):
        inputs().carry_out(one, liar)
    impatient = Read("an impatient one", (one,), "always", lambda at: at.later(one))
    with pytest.raises(LookupError, match="does not declare that it may wait for one"):
        inputs().carry_out(impatient)


def test_what_is_waited_for_later_is_read_too_and_does_not_keep_a_read_from_beginning(inputs: Give) -> None:
    begun = Event()

    def slow() -> int:
        assert begun.wait(LONG), "the read that may wait for this one did not begin before it ended"
        return 7

    other = reading("the other", slow)

    def begin(at: Inputs) -> Future[Fact[int]]:
        later = at.later(other)

        def read() -> Fact[int]:
            begun.set()
            return later.get()

        return at.pool.read("the goal", SOURCE, read)

    goal = Read("the goal", (), "always", begin, later=(other,))
    at = inputs()
    at.carry_out(goal)
    assert at[goal] == Known(7, SOURCE)


def test_at_the_deadline_only_what_was_not_read_is_unknown(inputs: Give) -> None:
    never = Event()
    good, hanging = reading("good", lambda: 1), reading("hanging", lambda: int(never.wait(LONG)))
    both: Read[list[Fact[int]]] = Read(
        "both",
        (),
        "always",
        lambda at: joined([good.begin(at), hanging.begin(at)], list),
    )
    after = Read("after", (hanging,), "always", lambda at: settled(at[hanging]))
    at = inputs(seconds=0.5)
    at.carry_out(both, after)
    never.set()
    known, unknown = at[both]
    assert known == Known(1, SOURCE)
    assert isinstance(unknown, Unknown)
    assert unknown.obstacle is Obstacle.TIMED_OUT
    assert at[after] == unknown


def test_of_two_unclear_questions_the_first_of_the_plan_is_told(inputs: Give) -> None:
    second_is_over = Event()

    def of_second() -> Exception:
        second_is_over.set()
        return UnanswerableError("the second")

    def of_first() -> Exception:
        assert second_is_over.wait(LONG)
        return UnanswerableError("the first")

    for _ in range(5):
        second_is_over.clear()
        with pytest.raises(UnanswerableError, match="the first"):
            inputs().carry_out(raising("first", of_first), raising("second", of_second))


def test_what_is_given_is_not_read_and_neither_is_what_only_that_needs() -> None:
    one = Read("one", (), "always", lambda _: settled(1))
    two = Read("two", (one,), "always", lambda at: settled(at[one] + 1))
    goal = Read("goal", (two,), "always", lambda at: settled(at[two] + 1))
    assert in_order([goal]) == [one, two, goal]
    assert in_order([goal], {two}) == [goal]
