"""What is configured is held against what was seen: every pairing has one conclusion."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from crauth_doctor.diagnosis import conclude, diagnose
from crauth_doctor.model.caller import Origin, Place, Subnetwork
from crauth_doctor.model.clienterror import ClientError, ErrorFamily
from crauth_doctor.model.evidence import Evidence, LogEntry, LogKind, Wording
from crauth_doctor.model.exported import TokenSetting, TokenType
from crauth_doctor.model.fact import Known
from crauth_doctor.model.facts import NOT_ASKED, Facts
from crauth_doctor.model.finding import (
    PATH,
    Basis,
    Conclusion,
    Diagnosis,
    Finding,
    Observation,
    Outcome,
    Prediction,
    Stage,
    Sureness,
    Verdict,
    Witness,
)
from crauth_doctor.model.run import Egress, Ingress
from tests.rules.pasted import SENDING
from tests.rules.scenes import (
    BROWSER,
    FORBIDDEN,
    HERE,
    IN_VPC,
    NOBODY,
    NOT_FOUND,
    NOW,
    SERVED,
    UNVERIFIED,
    URL,
    by_app,
    calls,
    facts,
    sent,
    unread,
)

REACH, INGRESS, TOKEN, IAM, APP = Stage.REACH, Stage.INGRESS, Stage.TOKEN, Stage.IAM, Stage.APP
C = Conclusion
V = Verdict
THROUGH_VPC = Origin(Place.VPC, "shop-prod", Egress.ALL_TRAFFIC, "projects/shop-prod/global/networks/default")
STOPPED = calls(NOT_FOUND, NOT_FOUND, NOT_FOUND)
SHOWN: dict[Stage, Witness] = {stage: Witness(Sureness.SHOWN) for stage in PATH}
BEHIND = frozenset({TOKEN, IAM, APP})
UNSET = dataclasses.replace(SENDING, auth=TokenSetting(TokenType.NONE))
EMPTY_LOG = LogEntry(LogKind.REQUEST, (0, 0), status=403, wording=Wording.EMPTY_HEADER, url=f"{URL}/", method="GET")


def cause(
    id: str,
    verdict: Verdict = V.BLOCKS,
    *statuses: int,
    basis: Basis = Basis.SETTINGS,
    assuming: bool = False,
    answered_by: Stage | None = None,
) -> Outcome:
    """A cause's outcome, as a rule that says so would give it."""
    stage = Stage[id.partition("/")[0].upper()]
    predicts = Prediction(frozenset({answered_by or stage}), frozenset(statuses))
    finding = Finding("no", ("because",), assuming=("a guess",) if assuming else ()) if verdict is V.BLOCKS else None
    doubt = "could not be read" if verdict is V.UNKNOWN else ""
    return Outcome(id, stage, verdict, finding, doubt, title="It is so.", predicts=predicts, basis=basis)


def seen(
    *stages: Stage,
    status: int | None = None,
    passed: bool = False,
    covers: frozenset[Stage] = frozenset(PATH),
    whole: bool = True,
    own: bool = True,
    whole_request: bool = False,
) -> Observation:
    return Observation(
        frozenset(stages),
        "a call got an answer",
        HERE,
        covers,
        passed,
        status=status,
        whole=whole,
        own=own,
        whole_request=whole_request,
    )


def concluded(*outcomes: Outcome, by: Observation | None = None) -> tuple[str | None, Conclusion]:
    diagnosis = conclude(outcomes, [by] if by else [], SHOWN)
    return diagnosis.cause.rule if diagnosis.cause else None, diagnosis.conclusion


NO_ROLE = cause("iam/no", V.BLOCKS, 403)
UNREAD_MINT = cause("mint/x", V.UNKNOWN, 403, answered_by=TOKEN)
NO_TOKEN_LEFT = cause("token/missing", V.CLEAR, 403, basis=Basis.REQUEST)


@pytest.mark.parametrize(
    ("outcomes", "by", "expected"),
    [
        # nothing was seen to answer
        ([], None, (None, C.CLEAR)),
        ([UNREAD_MINT], None, (None, C.UNDECIDED)),
        ([NO_ROLE], None, ("iam/no", C.EXPECTED)),
        ([UNREAD_MINT, NO_ROLE], None, ("iam/no", C.LIKELY)),
        ([cause("iam/no", V.BLOCKS, 403, assuming=True)], None, ("iam/no", C.LIKELY)),
        # an answer that the cause predicts
        ([NO_ROLE], seen(IAM, status=403), ("iam/no", C.PROVEN)),
        ([NO_ROLE], seen(TOKEN, IAM, status=403), ("iam/no", C.PROVEN)),
        ([NO_ROLE, NO_TOKEN_LEFT], seen(TOKEN, IAM, status=403), ("iam/no", C.EXPECTED)),
        ([NO_ROLE, NO_TOKEN_LEFT], seen(TOKEN, IAM, status=403, whole_request=True), ("iam/no", C.PROVEN)),
        ([NO_ROLE, cause("iam/other", V.UNKNOWN, 403)], seen(IAM, status=403), ("iam/no", C.EXPECTED)),
        ([NO_ROLE], seen(IAM, status=403, whole=False), ("iam/no", C.EXPECTED)),
        ([cause("ingress/x", V.UNKNOWN, 404), NO_ROLE], seen(IAM, status=403), ("iam/no", C.PROVEN)),
        ([cause("iam/no", V.BLOCKS, 403, assuming=True)], seen(IAM, status=403), ("iam/no", C.LIKELY)),
        # an answer that refutes it
        ([NO_ROLE], seen(TOKEN, status=401), (None, C.UNEXPLAINED)),
        ([cause("token/bad", V.BLOCKS, 401)], seen(IAM, status=403), ("token/bad", C.CONTRADICTED)),
        ([NO_ROLE], seen(APP, passed=True, status=200), ("iam/no", C.CONTRADICTED)),
        ([cause("ingress/no", V.BLOCKS, 404), NO_ROLE], seen(IAM, status=403), ("iam/no", C.PROVEN)),
        # an answer that says nothing of it
        ([cause("ingress/no", V.BLOCKS, 404)], seen(APP, passed=True, covers=BEHIND), ("ingress/no", C.EXPECTED)),
        # one that is left, several, none
        ([NO_TOKEN_LEFT, cause("iam/no", V.CLEAR, 403)], seen(TOKEN, IAM, status=403), ("token/missing", C.LIKELY)),
        ([NO_TOKEN_LEFT, cause("iam/x", V.UNKNOWN, 403)], seen(TOKEN, IAM, status=403), (None, C.UNDECIDED)),
        ([cause("iam/no", V.CLEAR, 403)], seen(IAM, status=403), (None, C.UNEXPLAINED)),
        ([cause("iam/x", V.UNKNOWN, 403)], seen(*PATH, status=403), (None, C.UNDECIDED)),
        # two that exclude each other, each on an assumption
        (
            [cause("iam/a", V.BLOCKS, 403, assuming=True), cause("iam/b", V.BLOCKS, 403, assuming=True)],
            seen(IAM, status=403),
            (None, C.UNDECIDED),
        ),
        # a caller that cannot mint sends no token
        ([cause("mint/no", V.BLOCKS, 403, answered_by=TOKEN)], seen(TOKEN, status=403), ("mint/no", C.PROVEN)),
        (
            [cause("mint/no", V.BLOCKS, 403, answered_by=TOKEN)],
            seen(APP, passed=True, covers=BEHIND, own=False),
            ("mint/no", C.EXPECTED),
        ),
    ],
)
def test_how_sure_follows_from_what_was_read_and_seen(
    outcomes: list[Outcome], by: Observation | None, expected: tuple[str | None, Conclusion]
) -> None:
    assert concluded(*outcomes, by=by) == expected


def test_special_cases_are_no_rivals() -> None:
    stripped = cause("token/header-stripped", V.UNKNOWN, 403)
    answer = seen(TOKEN, status=403)
    assert concluded(stripped, cause("token/missing", V.BLOCKS, 403), by=answer) == ("token/missing", C.PROVEN)
    assert concluded(stripped, cause("token/missing", V.UNKNOWN, 403), by=answer) == ("token/missing", C.LIKELY)


def test_a_guess_never_comes_before_what_was_read() -> None:
    guess = cause("reach/guess", V.BLOCKS, assuming=True)
    assert concluded(guess, NO_ROLE) == ("iam/no", C.EXPECTED)


def test_a_call_of_this_tools_proves_what_the_callers_own_does_not_gainsay() -> None:
    own, tools = seen(TOKEN, IAM, status=403), seen(IAM, status=403, own=False, whole_request=True)
    diagnosis = conclude([NO_TOKEN_LEFT, NO_ROLE], [own, tools], SHOWN)
    assert (diagnosis.cause, diagnosis.conclusion) == (NO_ROLE, C.PROVEN)


def test_a_failing_call_that_was_told_is_never_clear() -> None:
    assert conclude([], [], SHOWN, unjudged=("Nothing was understood.",)).conclusion is C.UNDECIDED


def test_no_stage_is_passed_because_nobody_said_anything() -> None:
    silent = [cause(f"{stage.slug}/x", V.CLEAR) for stage in PATH]
    diagnosis = conclude(silent, [], {})
    assert diagnosis.conclusion is C.UNDECIDED
    assert {step.verdict for step in diagnosis.steps} == {V.UNKNOWN, V.NOT_APPLICABLE}


def test_with_nothing_known_no_stage_is_passed() -> None:
    every = {field.name: NOT_ASKED for field in dataclasses.fields(Facts)}
    for nothing in (Facts(), Facts(**every)):
        diagnosis = diagnose(nothing)
        assert diagnosis.conclusion is C.UNDECIDED
        assert V.CLEAR not in {step.verdict for step in diagnosis.steps}


def test_what_is_assumed_is_said() -> None:
    diagnosis = verdict_on(token=NOT_ASKED)
    assert diagnosis.conclusion is C.CLEAR
    assert diagnosis.assuming == (f"the caller's token has the audience {URL}",)
    assert verdict_on().assuming == ()
    token = {step.stage: step.verdict for step in verdict_on(token=NOT_ASKED, calls=unread("call")).steps}[TOKEN]
    assert token is V.UNKNOWN


def verdict_on(**changed: Any) -> Diagnosis:
    return diagnose(facts(**changed))


@pytest.mark.parametrize(
    ("changed", "cause", "conclusion"),
    [
        ({}, None, C.CLEAR),
        ({"policies": NOBODY, "calls": calls(good=FORBIDDEN)}, "iam/missing-invoker", C.PROVEN),
        ({"policies": NOBODY, "calls": unread("call")}, "iam/missing-invoker", C.EXPECTED),
        ({"policies": NOBODY}, "iam/missing-invoker", C.CONTRADICTED),
        ({"calls": calls(good=FORBIDDEN)}, None, C.UNEXPLAINED),
        ({"seen": FORBIDDEN, "token": NOT_ASKED}, "token/missing", C.LIKELY),
        ({"evidence": Evidence(logs=(EMPTY_LOG,)), "token": NOT_ASKED}, "token/missing", C.PROVEN),
        ({"policies": NOBODY, "seen": UNVERIFIED, "token": NOT_ASKED}, None, C.UNDECIDED),
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
        ({"seen": FORBIDDEN}, "token/missing", C.LIKELY),
        ({"seen": Known(by_app(403), HERE), "calls": calls(good=SERVED)}, "app/refused", C.PROVEN),
        ({"calls": calls(good=UNVERIFIED)}, None, C.UNEXPLAINED),
    ],
)
def test_the_whole_path(changed: dict[str, Any], cause: str | None, conclusion: Conclusion) -> None:
    diagnosis = verdict_on(**changed)
    assert (diagnosis.cause.rule if diagnosis.cause else None, diagnosis.conclusion) == (cause, conclusion)


def test_an_unexplained_answer_says_what_could_explain_it() -> None:
    diagnosis = verdict_on(calls=calls(good=FORBIDDEN))
    assert any("minutes" in text for text in diagnosis.explanations)


def test_the_one_cause_that_is_left_is_named_with_what_hides_it() -> None:
    diagnosis = verdict_on(calls=calls(good=FORBIDDEN), denials=unread("iam.denypolicies.list"))
    assert diagnosis.cause is not None
    assert (diagnosis.cause.rule, diagnosis.conclusion) == ("iam/denied", C.LIKELY)
    assert diagnosis.cause.finding is not None
    assert diagnosis.cause.finding.assuming
    assert unread("iam.denypolicies.list") in diagnosis.unread


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


def test_no_answer_at_all_is_an_answer_of_the_networks() -> None:
    said = f"HTTPSConnectionPool(host='{URL.removeprefix('https://')}', port=443): timed out"
    silent = Evidence(errors=(ClientError(ErrorFamily.TIMEOUT, (1, 1), said, "urllib3"),))
    closed = verdict_on(evidence=silent, origin=THROUGH_VPC, subnetwork=Subnetwork("subnetworks/web", False))
    assert closed.cause is not None
    assert (closed.cause.rule, closed.conclusion) == ("reach/private-access-off", C.PROVEN)
    elsewhere = Evidence(errors=(ClientError(ErrorFamily.TIMEOUT, (1, 1), said.replace("orders", "other"), "urllib3"),))
    assert verdict_on(evidence=elsewhere).conclusion is not C.PROVEN


@pytest.mark.parametrize(
    ("changed", "also"),
    [
        ({"token": sent(f"{URL}/v1", expires_at=NOW - 60)}, ["token/audience-path"]),  # at the same stage
        ({"token": sent(expires_at=NOW - 60), "policies": NOBODY}, ["iam/missing-invoker"]),  # at a later one
        ({"token": sent(f"{URL}/v1")}, []),  # and not the plainer word for the same
        ({"sending": UNSET, "evidence": Evidence(logs=(EMPTY_LOG,)), "token": NOT_ASKED}, []),  # nor what comes of it
    ],
)
def test_what_blocks_besides_the_cause_is_what_has_to_be_mended_by_itself(
    changed: dict[str, Any], also: list[str]
) -> None:
    assert [one.rule for one in verdict_on(**changed).also] == also
