"""One loop waits for every change: by the cloud's clock, in longer and longer pauses, and not for ever."""

from __future__ import annotations

from typing import Any

import pytest

from crauth_doctor.workflows.wait_for_effect import PATIENCE, wait_for_effect


class FakeClock:
    """Time that passes only by waiting."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.pauses: list[float] = []

    def now(self) -> float:
        return self.time

    def wait(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.time += seconds


@pytest.mark.parametrize(("after", "settled"), [(0, True), (1, True), (5, True), (10_000, False)])
def test_until_it_is_settled_or_time_is_over(after: int, settled: bool) -> None:
    clock: Any = FakeClock()
    said: list[str] = []
    looks = 0

    def look() -> tuple[int, str]:
        nonlocal looks
        looks += 1
        return looks, "Still refused (403)" if looks <= after else ""

    waited = wait_for_effect(clock, said.append, look)
    assert waited.settled is settled
    assert waited.seen == looks
    assert waited.seconds == sum(clock.pauses) <= PATIENCE
    assert len(said) == len(clock.pauses) == looks - 1
    assert clock.pauses == sorted(clock.pauses)
    assert all(one.startswith("Still refused (403), after ") for one in said)
    assert settled is (looks == after + 1)
