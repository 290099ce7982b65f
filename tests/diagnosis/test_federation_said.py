"""That a federated workload calls does not show that it calls as itself: most often an account is meant to be used."""

from __future__ import annotations

from dataclasses import replace

from crauth_doctor.diagnosis import diagnose
from crauth_doctor.diagnosis.supposed import SHOWN_BY
from crauth_doctor.evidence import read
from crauth_doctor.model.fact import STATED, Known, Source
from crauth_doctor.model.finding import Diagnosis
from crauth_doctor.workflows.context import said_of
from crauth_doctor.workflows.explain import facts_of

LINE = "403 Client Error: Forbidden for url: https://orders-abc123-uc.a.run.app/v1"


def judged(*said: str) -> Diagnosis:
    return diagnose(replace(facts_of(read(LINE)), said=Known(said_of(said), Source(STATED, "the test"))))


def test_who_calls_leaves_open_as_whom() -> None:
    found = judged("caller=federation")
    assert found.cause is None
    assert {"iam/federated-principal", "iam/missing-invoker"} <= {each.rule for each in found.open}
    assert found.asks


def test_whom_the_role_is_bound_to_tells() -> None:
    found = judged("log=lacks-permission", "invoker=pool-member")
    assert found.cause is not None
    assert found.cause.rule == "iam/federated-principal"


def test_what_can_only_be_read_is_never_said_whole() -> None:
    ways = [way for all_ways in SHOWN_BY.values() for way in all_ways]
    assert all(any(not name.startswith("_") for name in way) for way in ways)
