from __future__ import annotations

import logging
from dataclasses import fields
from typing import Any

import pytest

from crauth_doctor.collect.question import Question
from crauth_doctor.collect.readings import collect
from crauth_doctor.gcp.google import connect
from crauth_doctor.model.fact import Absent, Known, Obstacle, Unknown
from crauth_doctor.model.facts import NOT_ASKED, Facts
from crauth_doctor.model.token import Token, TokenKind
from crauth_doctor.sandbox import parse_world, serve
from tests.patience import LIMIT

from .conftest import CHECKOUT, DELAYS, FRONTEND, ORDERS, RUN, URL, WEB, WORLD, Ask, waves_of

EGRESS = {"networkInterfaces": [{"network": "default", "subnetwork": "default"}]}
BUSY: dict[str, Any] = {
    "resources": WORLD["resources"]
    | {
        f"{RUN}{ORDERS}": {"ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY", "urls": [URL]},
        f"{RUN}{FRONTEND}": {"template": {"serviceAccount": WEB, "vpcAccess": EGRESS}},
        "//compute.googleapis.com/projects/shop-prod/regions/us-central1/subnetworks/default": {},
        "//dns.googleapis.com/projects/shop-prod/managedZones/z": {
            "dnsName": "run.app.",
            "visibility": "private",
            "privateVisibilityConfig": {"networks": [{"networkUrl": "projects/shop-prod/global/networks/default"}]},
        },
    },
    "iam": {
        f"{RUN}{ORDERS}": {"bindings": [{"role": "projects/shop-prod/roles/x", "members": ["group:g@example.com"]}]}
    },
}


def everything(facts: Facts) -> dict[str, Any]:
    return {field.name: getattr(facts, field.name) for field in fields(facts)}


def test_no_more_than_three_waves_and_no_read_twice(ask: Ask) -> None:
    ask(caller="run/frontend")  # the clients' own modules are loaded now
    for delay in DELAYS:
        facts, box = ask(caller="run/frontend", world=BUSY | {"delays": {"api": delay, "call": delay}})
        waves = waves_of(box.requests)
        if len(waves) <= 3:
            break
    assert isinstance(facts.zones, Known)
    assert len(facts.zones.value) == 1
    assert isinstance(facts.calls, Known)
    assert len(waves) <= 3, [[one.path for one in wave] for wave in waves]
    calls = [one for one in box.requests if one.host.endswith(".run.app")]
    reads = [(one.method, one.host, one.path) for one in box.requests if one not in calls]
    assert len(calls) == 3
    logs = ("POST", "logging.googleapis.com", "/v2/entries:list")
    assert reads.count(logs) == 2, "what was done, and which calls failed"
    reads.remove(logs)
    assert len(reads) == len(set(reads)) <= 23, reads


def test_a_plain_check_asks_little(ask: Ask) -> None:
    _, box = ask()
    assert len([one for one in box.requests if not one.host.endswith(".run.app")]) <= 11


def test_progress_is_told(ask: Ask) -> None:
    said: list[str] = []
    ask(said=said)
    texts, places = zip(*(one.partition(" (")[::2] for one in said), strict=True)
    assert texts[:2] == ("the service", "its policy")
    assert "the answer to a call without a token" in texts
    assert places[0].startswith("0 of ")
    done = [int(place.partition(" ")[0]) for place in places]
    assert max(done) > len(done) / 2  # which of them ends last is chance, and so is what is open then


def test_the_clock_is_the_sandboxes(ask: Ask) -> None:
    facts, _ = ask()
    assert isinstance(facts.now, Known)
    assert facts.now.value == 1_780_304_400


def test_an_audience_that_the_user_names_is_the_callers_token(ask: Ask) -> None:
    facts, _ = ask(audience="https://orders.example.com")
    assert isinstance(facts.token, Known)
    assert facts.token.value == Token(TokenKind.ID_TOKEN, audience="https://orders.example.com", email=CHECKOUT)
    assert isinstance(facts.minted, Known)
    assert facts.minted.value.audience == "https://orders.example.com"
    assert isinstance(facts.calls, Known)
    assert facts.calls.value.with_token is not None
    assert facts.calls.value.with_token.status == 200
    assert ask()[0].token == NOT_ASKED


def test_without_calls_nothing_is_sent_to_the_service(ask: Ask) -> None:
    facts, box = ask(send_calls=False)
    assert isinstance(facts.calls, Unknown)
    assert isinstance(facts.minted, Unknown)
    assert facts.calls.obstacle is facts.minted.obstacle is Obstacle.NOT_ASKED
    assert not [one for one in box.requests if one.host.endswith(".run.app") or "generateIdToken" in one.path]


def test_a_token_that_cannot_be_minted_leaves_the_other_calls(ask: Ask) -> None:
    lacks = {"operator": {"principal": "user:dev@example.com", "lacks": ["iam.serviceAccounts.getOpenIdToken"]}}
    facts, _ = ask(world=lacks)
    assert isinstance(facts.minted, Unknown)
    assert facts.minted.permission == "iam.serviceAccounts.getOpenIdToken"
    assert isinstance(facts.calls, Known)
    assert facts.calls.value.with_token is None
    assert facts.calls.value.with_junk is not None
    assert facts.calls.value.with_junk.status == 401


def test_an_account_that_does_not_exist_is_absent(ask: Ask) -> None:
    facts, _ = ask(caller="gone@shop-prod.iam.gserviceaccount.com")
    assert isinstance(facts.account, Absent)
    assert isinstance(facts.minted, Unknown)


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 403, "body": "<html>Blocked by the proxy of Example Corp.</html>"},
        {"status": 200, "body": "<html>Sign in</html>"},
        {"status": 200, "body": "[]"},
        {"status": 200, "body": '{"name": 7, "ancestor": 7, "bindings": 7, "token": 7}'},
        {"status": 200, "body": "{}"},
        {"reset": True},
        {"truncate": True},
        {"delay": 10 * LIMIT},
    ],
)
def test_whatever_happens_there_are_facts(fault: dict[str, Any]) -> None:
    faults = [{"match": "*", "times": 1000, **fault}]
    with serve(parse_world(WORLD | {"faults": faults})) as box:
        google = connect({}, sandbox=box.base)
        question = Question("orders", "run/frontend", "shop-prod", "us-central1", seconds=0.5)
        facts = everything(collect(question, google))
    assert all(isinstance(fact, Known | Absent | Unknown) for fact in facts.values())
    assert not isinstance(facts["service"], Absent)
    assert not isinstance(facts["policies"], Absent)


@pytest.mark.parametrize(
    "match",
    [
        "run.googleapis.com/v2/projects/shop-prod/locations/us-central1/services/orders:getIamPolicy",
        "cloudresourcemanager.googleapis.com/v3/folders/77:getIamPolicy",
        "iam.googleapis.com/v1/projects/shop-prod/serviceAccounts",
        "iamcredentials.googleapis.com",
    ],
)
def test_one_read_that_hangs_costs_one_fact(ask: Ask, match: str) -> None:
    facts, _ = ask(world={"faults": [{"match": match, "times": 9, "delay": 5}]}, seconds=0.9)
    assert isinstance(facts.service, Known)
    assert isinstance(facts.calls, Known)
    assert "timed-out" in repr(everything(facts))
    assert isinstance(facts.policies, Known)


def test_no_fact_and_no_log_carries_a_token(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = {"request": "* *", "status": 200, "body": "hello"}
    facts, box = ask(world={"apps": {f"{RUN}{ORDERS}": [echo]}})
    shown = repr(everything(facts)) + "".join(repr(record.__dict__) for record in caplog.records)
    assert box.operator_token not in shown
    assert "eyJ" not in shown
    assert "hello" in shown


LIST = "run.googleapis.com/v2/projects/shop-prod/locations/-/services"


def many(count: int) -> dict[str, Any]:
    return {f"{RUN}projects/shop-prod/locations/us-central1/services/s{number}": {} for number in range(count)}


def test_a_list_of_many_pages_does_not_hide_that_there_is_no_such_service(ask: Ask) -> None:
    """The API has said that there is none: what it could be called instead is worth half of the time."""
    slow = {"faults": [{"match": LIST, "times": 9, "delay": 0.8}]}
    facts, _ = ask("gone", resources=many(2500), world=slow, seconds=2.2)
    assert isinstance(facts.service, Absent)
    assert isinstance(facts.namesakes, Unknown)
    assert facts.namesakes.obstacle is Obstacle.TIMED_OUT


def test_services_are_listed_by_the_thousand(ask: Ask) -> None:
    _, box = ask("gone", resources=many(300))
    assert len([one for one in box.requests if one.path.endswith("/locations/-/services")]) == 1
