"""What a person can say: whatever a rule needs can be said or has a reason."""

from __future__ import annotations

import inspect
import re
import shlex
from dataclasses import fields

import pytest

from crauth_doctor.model.asks.sayable import BY_NAME, SAYABLE, example_of
from crauth_doctor.model.facts import Facts
from crauth_doctor.rules import ALL
from crauth_doctor.rules.derived_facts import DERIVED
from tests.gcloud_parser import GcloudParser

FIELDS = {field.name for field in fields(Facts)}

SAID_OF = {
    "call": ("url", "host", "scheme"),
    "call_leads_here": ("front", "exists"),
    "audience_leads_here": ("audience",),
    "service": ("exists", "project", "region", "iap", "open-by"),
    "ingress": ("ingress",),
    "wanted_ingress": ("changed",),
    "caller": ("caller",),
    "principal": ("account",),
    "account": ("account-state",),
    "token": ("token-sent", "token-kind", "token-account", "audience", "token-age"),
    "sending": ("token-setting",),
    "minting": ("agent",),
    "origin": ("network",),
    "subnetwork": ("google-access",),
    "zones": ("resolves",),
    "policies": ("invoker",),
    "elsewhere": ("invoker",),
    "denials": ("denied",),
    "iap_policy": ("iap-fault",),
    "constraints": ("allusers-refused",),
    "siblings": ("meant",),
    "domain": ("domain",),
    "load_balancer": ("front",),
    "written": ("changed", "worked-before"),
    "seen": ("status", "answer", "iap-fault", "app-reason"),
    "evidence": ("log", "header", "front", "token-lost", "worked-before"),
    "logged": ("perimeter",),
}
"""By the fact that is read: what a person can say in its place."""

NOT_SAYABLE = {
    "now": "the clock tells",
    "namesakes": "found by looking; `exists` and `region` say what matters of it",
    "caller_service": "settings that nobody knows by heart; `network` says where it calls from",
    "minted": "this tool makes it",
    "attempt": "the product's own record, which `status` says in a word",
    "federation": "conditions and mappings of a provider, which are pasted or read",
    "troubleshot": "Policy Troubleshooter's word on what `invoker` and `denied` say",
    "refused": "entries of the log; `status` and `token-sent` say what they show",
    "calls": "this tool makes them",
    "instances": "a setting of the service, which has to be read",
    "failed": "what could not be read, which is no fact of the call",
    "judged": "which of several calls is meant, which `url` says",
    "said": "what was said",
}
"""Facts that nobody can say, and why."""


def needed() -> set[str]:
    """Return the facts that rules need, by themselves or by what follows from them."""
    named = {name for rule in ALL for name in rule.needs}
    source = "".join(inspect.getsource(inspect.getmodule(derive) or derive) for derive in DERIVED.values())
    return (named & FIELDS) | set(re.findall(r"\bfacts\.(\w+)", source)) & FIELDS


def test_whatever_a_rule_needs_can_be_said_or_has_a_reason() -> None:
    assert needed() <= set(SAID_OF) | set(NOT_SAYABLE)


def test_every_fact_is_one_or_the_other() -> None:
    assert set(SAID_OF) | set(NOT_SAYABLE) == FIELDS
    assert not set(SAID_OF) & set(NOT_SAYABLE)


def test_whatever_can_be_said_stands_for_a_fact() -> None:
    assert {name for names in SAID_OF.values() for name in names} == set(BY_NAME)


@pytest.mark.parametrize("fact", SAYABLE, ids=lambda fact: fact.name)
def test_a_question_is_one_and_has_answers(fact: object) -> None:
    known = BY_NAME[fact.name]  # type: ignore[attr-defined]
    assert known.question.endswith("?")
    assert bool(known.values) != bool(known.example)
    assert not known.usual or known.usual in known.values
    assert set(re.findall(r"{(\w+)}", known.command)) <= {"project", "region", "service", "url", "host", "account"}
    assert example_of(known)


NAMES = {
    "project": "shop-prod", "region": "us-central1", "service": "orders", "account": "a@p.iam.gserviceaccount.com",
    "url": "https://orders-123456789012.us-central1.run.app/", "host": "orders-123456789012.us-central1.run.app",
}  # fmt: skip
COMMANDS = [one.command.format(**NAMES) for one in SAYABLE if one.command]


def test_gcloud_takes_every_command_that_shows_an_answer(gcloud_parser: GcloudParser) -> None:
    assert gcloud_parser.objections(COMMANDS) == {}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_shows_an_answer_only_reads(command: str) -> None:
    program, *words = shlex.split(command)
    if program == "gcloud":
        verbs = [word for word in words if not word.startswith("-")]
        assert {"list", "describe", "get-iam-policy", "read", "troubleshoot-policy"} & set(verbs)
    else:
        assert (program, len(words)) in {("curl", 2), ("nslookup", 1)}
        assert words[0] in {"-i", NAMES["host"]}
