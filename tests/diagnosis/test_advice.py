"""Which ways out are offered: those that cure, what opens least first, with what is known in their commands."""

from __future__ import annotations

from typing import Any

import pytest

from crauth_doctor.diagnosis import diagnose
from crauth_doctor.diagnosis.changed import changed
from crauth_doctor.fixes.gcloud import commands
from crauth_doctor.fixes.words import danger
from crauth_doctor.model.caller import Caller, CallerKind, Origin, Place
from crauth_doctor.model.change import (
    Applicable,
    Change,
    GrantRole,
    RevokeRole,
    SetIngress,
    SetInvokerCheck,
    SetVpcEgress,
)
from crauth_doctor.model.fact import Absent, Known
from crauth_doctor.model.facts import NOT_ASKED
from crauth_doctor.model.finding import Verdict
from crauth_doctor.model.http import Call
from crauth_doctor.model.iam import INVOKER
from crauth_doctor.model.run import Egress, Ingress, Service
from crauth_doctor.rules import judged
from tests.rules.scenes import CHECKOUT, FORBIDDEN, HERE, ON_PROJECT, ON_SERVICE, URL, bind, calls, facts, policies

DELETED = f"deleted:{CHECKOUT.member}?uid=1"
GRANT = GrantRole(ON_SERVICE, INVOKER, CHECKOUT.member)
REFUSED = {"policies": policies(), "calls": calls(good=FORBIDDEN), "token": Absent(HERE)}
INSIDE = {"ingress": Ingress.INTERNAL, "origin": Origin(Place.INTERNET, "shop-prod")}


def fixes(rule: str, **changed: Any) -> tuple[Change, ...]:
    """What is offered for a cause."""
    found = diagnose(facts(**changed))
    outcomes = [one for step in found.steps for one in step.outcomes if one.rule == rule and one.finding]
    return outcomes[0].finding.fixes if outcomes and outcomes[0].finding else ()


@pytest.mark.parametrize(
    ("change", "cured"),
    [
        (GRANT, True),
        (GrantRole(ON_PROJECT, INVOKER, CHECKOUT.member), True),
        (SetInvokerCheck(ON_SERVICE, on=False), True),
        (GrantRole(ON_SERVICE, "roles/run.viewer", CHECKOUT.member), False),
        (GrantRole(ON_SERVICE, INVOKER, "user:somebody@example.com"), False),
        (GrantRole("//run.googleapis.com/projects/p/locations/r/services/other", INVOKER, CHECKOUT.member), False),
        (SetIngress(ON_SERVICE, Ingress.ALL), False),
    ],
    ids=str,
)
def test_a_change_in_the_facts_is_judged_as_if_it_were_in_force(change: Applicable, cured: bool) -> None:
    after = judged(changed(facts(**REFUSED), change)).outcomes
    verdict = next(one.verdict for one in after if one.rule == "iam/missing-invoker")
    assert (verdict is not Verdict.BLOCKS) is cured


def test_what_a_call_got_before_the_change_says_nothing_after_it() -> None:
    after = changed(facts(**REFUSED), GRANT)
    assert not isinstance(after.calls, Known)
    assert isinstance(after.service, Known)


def test_a_network_path_that_is_not_the_callers_is_not_offered() -> None:
    offered = fixes("ingress/outside-vpc", **INSIDE)
    assert [one.ingress for one in offered if isinstance(one, SetIngress)] == [Ingress.ALL]
    assert [one.widens for one in offered] == sorted(one.widens for one in offered)


def test_taking_away_what_gives_nothing_is_no_cure() -> None:
    offered = fixes("iam/principal-recreated", policies=policies(bind(DELETED)), calls=calls(good=FORBIDDEN))
    assert GRANT in offered
    assert not [one for one in offered if isinstance(one, RevokeRole)]


def test_a_second_generation_function_is_moved_by_its_service() -> None:
    name = "projects/shop-prod/locations/us-central1/services/hook"
    function = "//cloudfunctions.googleapis.com/projects/p/locations/r/functions/hook"
    caller = Caller("function/hook", CallerKind.FUNCTION, function)
    first = fixes("ingress/outside-vpc", **INSIDE, caller=caller, caller_service=Service(name, ()))[0]
    there = f"//run.googleapis.com/{name}"
    assert first == SetVpcEgress(there, Egress.ALL_TRAFFIC, "default", "default", "hook")
    assert "next deploy of the function hook" in (danger(first) or "")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (URL, ["orders", "--project=123456789012", "--region=us-central1"]),
        ("https://orders-abc123-uc.a.run.app", ["orders", "--region=REGION"]),
        ("https://shop.example.com", ["SERVICE", "--region=REGION"]),
    ],
)
def test_what_the_url_tells_stands_in_the_command(url: str, words: list[str]) -> None:
    """The service was not read; its URL is known, and so is the caller."""
    (advice,) = fixes("iam/missing-invoker", **REFUSED, service=NOT_ASKED, call=Call(f"{url}/"))
    (line,) = commands(advice)
    assert line.split()[4:] == [*words, f"--member={CHECKOUT.member}", "--role=roles/run.invoker", "--condition=None"]
