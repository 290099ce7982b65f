"""Rules are plain functions of plain values; every one is seen to block, to be clear, and not to know."""

from __future__ import annotations

import dataclasses
import re
import typing
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from crauth_doctor import rules
from crauth_doctor.model.change import Advise, GrantRole, ListDenyPolicies
from crauth_doctor.model.evidence import Event, EventKind, Evidence
from crauth_doctor.model.fact import Known, Unknown
from crauth_doctor.model.facts import NOT_ASKED, Facts
from crauth_doctor.model.finding import Stage, Verdict
from crauth_doctor.model.iam import AllowPolicies, Denials, DenyRule
from crauth_doctor.rules import ALL, RETIRED
from crauth_doctor.rules.derived_facts import DERIVED
from crauth_doctor.rules.registry import SECTIONS
from tests.rules.balanced import BALANCED
from tests.rules.pasted import AGENT, BEHIND_IAP, PASTED
from tests.rules.scenes import (
    CHECKOUT,
    FORBIDDEN,
    HERE,
    NOBODY,
    NOW,
    ON_PROJECT,
    ON_SERVICE,
    READ,
    WORKS,
    bind,
    calls,
    facts,
    policies,
)

SCENES = (*READ, *PASTED, *BALANCED)
BY_ID = {rule.id: rule for rule in ALL}


@pytest.mark.parametrize(("id", "verdict", "changed"), SCENES, ids=[f"{i} {v}" for i, v, _ in SCENES])
def test_verdict(id: str, verdict: Verdict, changed: dict[str, Any]) -> None:
    outcome = BY_ID[id].ask(facts(**changed))
    assert outcome.verdict is verdict, outcome
    assert (outcome.finding is not None) == (verdict is Verdict.BLOCKS)


def test_every_rule_is_seen_in_every_verdict() -> None:
    seen = {(id, verdict) for id, verdict, _ in SCENES}
    wanted = {(rule.id, verdict) for rule in ALL for verdict in (Verdict.BLOCKS, Verdict.CLEAR, Verdict.UNKNOWN)}
    assert seen == wanted


def test_nothing_blocks_a_call_that_works() -> None:
    for rule in ALL:
        assert rule.ask(WORKS).verdict in {Verdict.CLEAR, Verdict.NOT_APPLICABLE}, rule.id


def test_nothing_is_claimed_when_nothing_is_known() -> None:
    for rule in ALL:
        assert rule.ask(Facts()).verdict in {Verdict.UNKNOWN, Verdict.NOT_APPLICABLE, Verdict.CLEAR}, rule.id
        every = {field.name: NOT_ASKED for field in dataclasses.fields(Facts)}
        assert rule.ask(Facts(**every)).verdict is Verdict.UNKNOWN, rule.id


def test_page_is_complete() -> None:
    for rule in ALL:
        assert rule.id.startswith(f"{rule.stage.slug}/"), rule.id
        assert [heading for heading, _ in rule.page.sections] == list(SECTIONS), rule.id
        assert all(len(text) >= 5 for _, text in rule.page.sections), rule.id
        assert rule.page.see.startswith("https://"), rule.id
        assert not re.search(r"\berror\b", rule.title, re.IGNORECASE), rule.id


def test_parameters_ask_for_facts_as_they_are() -> None:
    for rule in ALL:
        hints, given = typing.get_type_hints(rule.judge), typing.get_type_hints(Facts)
        for name in set(rule.needs) - set(DERIVED):
            [value] = typing.get_args(typing.get_args(given[name])[0])
            assert hints[name] in (value, value | None, given[name]), (rule.id, name)


def test_a_rule_names_the_narrow_facts_that_it_judges() -> None:
    for rule in ALL:
        assert "evidence" not in rule.needs, f"{rule.id}: name the list of it that is judged: errors, logs ..."


def test_what_stands_in_the_source_tells_how_a_parameter_wants_its_fact() -> None:
    for rule in ALL:
        hints = typing.get_type_hints(rule.judge)
        for name in rule.needs:
            text, arms = rule.judge.__annotations__[name], typing.get_args(hints[name])
            assert text.startswith("Fact[") == (Unknown in arms), (rule.id, name)
            assert text.endswith("| None") == (type(None) in arms), (rule.id, name)


def test_ids_are_unique_and_retired_ones_stay_retired() -> None:
    assert max(Counter(rule.id for rule in ALL).values()) == 1
    assert not RETIRED & set(BY_ID)


def test_every_rule_that_is_declared_is_asked() -> None:
    declared = {
        found
        for path in Path(rules.__file__).parent.glob("*.py")
        for found in re.findall(r'@rule\(\s*"([a-z]+/[a-z-]+)"', path.read_text(encoding="utf-8"))
    }
    assert declared == set(BY_ID)


def test_a_rule_stands_behind_the_one_that_it_comes_after() -> None:
    ids = [rule.id for rule in ALL]
    late = [rule for rule in ALL if rule.after is not None]
    assert late
    assert all(ids.index(rule.id) > ids.index(str(rule.after)) for rule in late)


def test_rules_stand_in_the_order_of_the_path() -> None:
    stages = [rule.stage for rule in ALL]
    assert stages == sorted(stages)
    assert set(stages) <= set(Stage)


def test_a_rule_that_crashes_is_an_outcome() -> None:
    broken = facts(service=object())
    outcome = BY_ID["warning/public"].ask(broken)
    assert outcome.verdict is Verdict.CRASHED
    assert "AttributeError" in outcome.doubt


def test_what_is_missing_is_named() -> None:
    unread = [BY_ID[id].ask(facts(**changed)) for id, verdict, changed in SCENES if verdict is Verdict.UNKNOWN]
    assert {outcome.rule for outcome in unread} == set(BY_ID)
    assert all(outcome.missing or outcome.doubt for outcome in unread)
    assert all(isinstance(m, Unknown) for outcome in unread for m in outcome.missing)


def test_a_binding_whose_condition_fails_is_not_called_none() -> None:
    bound = policies(bind(AGENT, condition="request.path == '/admin'"))
    outcome = next(rule for rule in ALL if rule.id == "iap/agent-missing-invoker").ask(
        facts(**BEHIND_IAP, policies=bound)
    )
    assert outcome.finding is not None
    told = f"roles/run.invoker for {AGENT.removeprefix('serviceAccount:')} on service orders has a condition"
    assert [each for each in outcome.finding.because if each.startswith(told)]
    assert not [each for each in outcome.finding.because if "no binding" in each]


EXPIRED, ON_A_PATH = "request.time < timestamp('2020-01-01T00:00:00Z')", "request.path == '/admin'"
GONE = Evidence(events=(Event(EventKind.DELETED, (1, 1)), Event(EventKind.CREATED, (2, 2))))
GRANTED = Evidence(events=(Event(EventKind.GRANTED, (1, 1), at=NOW - 40),))


def if_only(condition: str) -> AllowPolicies:
    return policies(bind(CHECKOUT.member, condition=condition))


STALE = "deleted:user:{}@example.com?uid=7"


@pytest.mark.parametrize(
    ("id", "changed", "told", "not_told"),
    [
        (
            "iam/condition-unmet",
            {"policies": if_only(EXPIRED)},
            "the condition is",
            "the call is",
        ),
        (
            "iam/condition-unmet",
            {"policies": if_only(ON_A_PATH)},
            "the call is GET / on",
            "",
        ),
        ("warning/stale-member", {"policies": policies(bind(STALE.format("x")))}, "names a deleted member", ""),
        (
            "warning/stale-member",
            {"policies": policies(bind(STALE.format("x"), STALE.format("y")))},
            "names 2 deleted members",
            "",
        ),
        (
            "iam/propagation",
            {"written": Known(NOW - 40, HERE), "evidence": GRANTED, "calls": calls(good=FORBIDDEN)},
            "last written 40 seconds ago",
            "the last change",
        ),
    ],
)
def test_what_is_told_is_what_decides_and_once(id: str, changed: dict[str, Any], told: str, not_told: str) -> None:
    outcome = BY_ID[id].ask(facts(**changed))
    assert outcome.finding is not None
    text = "\n".join((outcome.finding.title, *outcome.finding.because))
    assert told in text
    assert not not_told or not_told not in text


def test_the_deny_policies_where_the_denial_stands_are_shown() -> None:
    denied = Denials(
        (
            DenyRule(
                "freeze",
                ON_PROJECT,
                frozenset({"principalSet://goog/public:all"}),
                permissions=frozenset({"run.googleapis.com/routes.invoke"}),
            ),
        )
    )
    outcome = BY_ID["iam/denied"].ask(facts(denials=denied, calls=calls(good=FORBIDDEN)))
    assert outcome.finding is not None
    [fix] = outcome.finding.fixes
    assert isinstance(fix, Advise)
    assert fix.commands == (ListDenyPolicies(ON_PROJECT),)


def test_a_lost_binding_is_granted_again_to_whom_calls() -> None:
    outcome = BY_ID["iam/binding-lost"].ask(facts(evidence=GONE, policies=NOBODY, calls=calls(good=FORBIDDEN)))
    assert outcome.finding is not None
    [fix] = outcome.finding.fixes
    assert isinstance(fix, Advise)
    assert fix.commands == (GrantRole(ON_SERVICE, "roles/run.invoker", CHECKOUT.member),)
