"""What is configured is held against what was seen: every pairing has one conclusion."""

from __future__ import annotations

from typing import Any

import pytest

from crauth_doctor.diagnose import diagnose
from crauth_doctor.model.fact import Known
from crauth_doctor.model.finding import PATH, Conclusion, Diagnosis, Finding, Observation, Outcome, Stage, Verdict
from crauth_doctor.model.run import Ingress
from crauth_doctor.rules import judge
from tests.rules.scenes import (
    BROWSER,
    FORBIDDEN,
    HERE,
    IN_VPC,
    NOBODY,
    NOT_FOUND,
    SERVED,
    UNVERIFIED,
    by_app,
    calls,
    facts,
    unread,
)

REACH, INGRESS, TOKEN, IAM, APP = Stage.REACH, Stage.INGRESS, Stage.TOKEN, Stage.IAM, Stage.APP
C = Conclusion
STOPPED = calls(NOT_FOUND, NOT_FOUND, NOT_FOUND)


def outcomes(blocked: Stage | None, *, doubt: bool, assuming: bool = False) -> list[Outcome]:
    every = [Outcome(f"{stage.slug}/x", stage, Verdict.CLEAR) for stage in PATH]
    if doubt:
        every[0] = Outcome("mint/x", Stage.MINT, Verdict.UNKNOWN, doubt="could not be read")
    if blocked is not None:
        finding = Finding("no", ("because",), assuming=("a guess",) if assuming else ())
        answers = frozenset({Stage.TOKEN}) if blocked is Stage.MINT else frozenset[Stage]()
        every.append(Outcome(f"{blocked.slug}/no", blocked, Verdict.BLOCKS, finding, answered_by=answers))
    return every


def seen(*stages: Stage, passed: bool = False, covers: frozenset[Stage] = frozenset(PATH)) -> Observation:
    return Observation(frozenset(stages), "a call got an answer", HERE, covers, passed=passed)


@pytest.mark.parametrize(
    ("blocked", "observed", "doubt", "conclusion"),
    [
        (None, None, False, C.CLEAR),
        (None, None, True, C.UNDECIDED),
        (None, seen(APP, passed=True), True, C.CLEAR),
        (None, seen(IAM), False, C.UNEXPLAINED),
        (None, seen(APP), False, C.UNEXPLAINED),
        (IAM, None, False, C.EXPECTED),
        (IAM, None, True, C.LIKELY),
        (IAM, seen(IAM), True, C.PROVEN),
        (IAM, seen(TOKEN, IAM), False, C.PROVEN),
        (IAM, seen(TOKEN, IAM), True, C.LIKELY),
        (IAM, seen(REACH, INGRESS, TOKEN, IAM, APP), False, C.LIKELY),
        (IAM, seen(APP, passed=True), False, C.CONTRADICTED),
        (IAM, seen(TOKEN), False, C.UNEXPLAINED),
        (INGRESS, seen(APP, passed=True, covers=frozenset({TOKEN, IAM, APP})), False, C.EXPECTED),
        (Stage.MINT, seen(TOKEN), False, C.PROVEN),
        (Stage.MINT, seen(APP, passed=True), False, C.CONTRADICTED),
        (Stage.MINT, seen(APP, passed=True, covers=frozenset({TOKEN, IAM, APP})), False, C.EXPECTED),
    ],
)
def test_conclusion(blocked: Stage | None, observed: Observation | None, doubt: bool, conclusion: Conclusion) -> None:
    diagnosis = diagnose(outcomes(blocked, doubt=doubt), [observed] if observed else [])
    assert diagnosis.conclusion is conclusion
    assert (diagnosis.cause is None) == (blocked is None or conclusion is C.UNEXPLAINED)


def test_what_rests_on_a_guess_is_never_proven() -> None:
    diagnosis = diagnose(outcomes(INGRESS, doubt=False, assuming=True), [seen(INGRESS)])
    assert diagnosis.conclusion is C.LIKELY


def test_a_call_that_was_stopped_later_points_at_the_rule_that_blocks_there() -> None:
    both = [*outcomes(IAM, doubt=False), *outcomes(INGRESS, doubt=False)]
    diagnosis = diagnose(both, [seen(IAM)])
    assert diagnosis.cause is not None
    assert (diagnosis.cause.stage, diagnosis.conclusion) == (IAM, C.PROVEN)


def verdict_on(**changed: Any) -> Diagnosis:
    return diagnose(*judge(facts(**changed)))


@pytest.mark.parametrize(
    ("changed", "cause", "conclusion"),
    [
        ({}, None, C.CLEAR),
        ({"policies": NOBODY, "calls": calls(good=FORBIDDEN)}, "iam/missing-invoker", C.PROVEN),
        ({"policies": NOBODY, "calls": unread("call")}, "iam/missing-invoker", C.EXPECTED),
        ({"policies": NOBODY}, "iam/missing-invoker", C.CONTRADICTED),
        ({"calls": calls(good=FORBIDDEN)}, None, C.UNEXPLAINED),
        ({"policies": unread("run.services.getIamPolicy")}, None, C.CLEAR),
        ({"policies": unread("run.services.getIamPolicy"), "calls": unread("call")}, None, C.UNDECIDED),
        (
            {"ingress": Ingress.INTERNAL, "calls": calls(NOT_FOUND, NOT_FOUND, NOT_FOUND)},
            "ingress/outside-vpc",
            C.PROVEN,
        ),
        (
            {
                "ingress": Ingress.INTERNAL,
                "origin": IN_VPC,
                "zones": (),
                "calls": STOPPED,
            },
            "ingress/private-ranges-only",
            C.EXPECTED,
        ),
        ({**BROWSER, "policies": NOBODY}, "mint/sender-cannot-authenticate", C.LIKELY),
        ({"calls": calls(good=by_app(404))}, "app/not-found", C.PROVEN),
        ({"seen": FORBIDDEN}, None, C.UNEXPLAINED),
        ({"seen": Known(by_app(403), HERE), "calls": calls(good=SERVED)}, "app/refused", C.PROVEN),
        ({"calls": calls(good=UNVERIFIED)}, None, C.UNEXPLAINED),
    ],
)
def test_the_whole_path(changed: dict[str, Any], cause: str | None, conclusion: Conclusion) -> None:
    diagnosis = verdict_on(**changed)
    assert (diagnosis.cause.rule if diagnosis.cause else None, diagnosis.conclusion) == (cause, conclusion)


def test_every_conclusion_can_be_drawn() -> None:
    sights = [None, seen(IAM), seen(TOKEN), seen(APP, passed=True)]
    drawn = {
        diagnose(outcomes(blocked, doubt=doubt), [sight] if sight else []).conclusion
        for blocked in (None, IAM)
        for sight in sights
        for doubt in (False, True)
    }
    assert drawn == set(Conclusion)


def test_an_unexplained_answer_says_what_could_explain_it() -> None:
    diagnosis = verdict_on(calls=calls(good=FORBIDDEN), denials=unread("iam.denypolicies.list"))
    assert diagnosis.explanations[0] == "deny policies could not be read"
    assert any("minutes" in text for text in diagnosis.explanations)


def test_what_hides_most_is_unread_first() -> None:
    policy, zones = unread("run.services.getIamPolicy"), unread("dns.managedZones.list")
    diagnosis = verdict_on(policies=policy, zones=zones, ingress=Ingress.INTERNAL, origin=IN_VPC)
    assert diagnosis.unread == (policy, zones)


def test_a_blind_operator_is_told_to_ask_for_the_callees_policy_first() -> None:
    policy, denials = unread("run.services.getIamPolicy"), unread("iam.denypolicies.list")
    account = unread("iam.serviceAccounts.get")
    diagnosis = verdict_on(policies=policy, denials=denials, account=account, calls=unread("call"))
    assert diagnosis.unread[0] == policy
    assert {denials, account} <= set(diagnosis.unread)
