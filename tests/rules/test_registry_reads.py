"""What a judgement rests on is what was read: a fact that nothing turned on was not."""

from __future__ import annotations

from crauth_doctor.collect.load_balancers import NOT_NEEDED
from crauth_doctor.model.fact import Known, Source
from tests.generated import demo_report


def test_a_read_that_was_not_needed_is_told_nowhere() -> None:
    assert not NOT_NEEDED.source.was_made
    assert Known(1, Source("run.services.get", "//run.googleapis.com/x")).source.was_made
    told = [
        source for step in demo_report().diagnosis.steps for outcome in step.outcomes for source in outcome.rests_on
    ]
    assert told
    assert [source for source in told if not source.was_made] == []
