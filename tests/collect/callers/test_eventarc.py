from __future__ import annotations

from typing import Any

import pytest

from crauth_doctor.model.caller import CallerKind, Origin, Place
from crauth_doctor.model.exported import TokenSetting, TokenType
from crauth_doctor.model.fact import Absent, Unknown
from crauth_doctor.model.token import GOOGLE_ISSUERS, Token, TokenKind

from ..conftest import URL, Ask
from .scenes import MEMBER, SENDER, P, agent, member, oidc, policies, subscription, trigger, value

ENDPOINT = f"{URL}/event?__GCP_CloudEventsMode=GCS_NOTIFICATION"
NAME = f"{P}/subscriptions/eventarc-uploads-sub-1"


def pushing(endpoint: str = ENDPOINT, **more: Any) -> dict[str, Any]:
    return trigger() | subscription(endpoint, NAME, **(more or oidc()))


def test_one_that_works(ask: Ask) -> None:
    facts, box = ask(caller="eventarc/uploads", resources=pushing(), iam=policies("pubsub"))
    assert value(facts.caller).kind is CallerKind.EVENTARC
    assert (member(facts), value(facts.origin)) == (MEMBER, Origin(Place.GOOGLE, "shop-prod"))
    sending = value(facts.sending)
    assert (sending.product, sending.target, sending.agent) == ("Eventarc", ENDPOINT, agent("pubsub"))
    assert value(facts.token) == Token(TokenKind.ID_TOKEN, URL, GOOGLE_ISSUERS[0], SENDER)
    assert (value(facts.call).url, value(facts.call).method) == (ENDPOINT, "POST")
    assert value(facts.minting).chain[0].resource.endswith(SENDER)
    assert value(facts.calls).with_token.status == 200
    assert len([one for one in box.requests if one.host == "pubsub.googleapis.com"]) == 1


def test_a_subscription_that_differs_from_its_trigger_is_what_is_sent(ask: Ask) -> None:
    facts, _ = ask(caller="eventarc/uploads", resources=pushing("https://orders.example.com/event", **oidc(None)))
    assert value(facts.token).audience == value(facts.sending).target == "https://orders.example.com/event"


@pytest.mark.parametrize("lacks", [[], ["pubsub.subscriptions.get"]])
def test_without_the_subscription_it_is_the_services_url(ask: Ask, lacks: list[str]) -> None:
    world = {"operator": {"principal": "user:dev@example.com", "lacks": lacks}}
    resources = pushing() if lacks else trigger()
    facts, _ = ask(caller="eventarc/uploads", resources=resources, world=world)
    assert value(facts.sending).target == value(facts.call).url == f"{URL}/event"
    assert value(facts.token).audience == URL


@pytest.mark.parametrize(
    ("destination", "target"),
    [
        ({"cloudFunction": f"{P}/locations/us-central1/functions/Orders"}, URL),
        ({"cloudRun": {"service": "billing", "region": "us-central1"}}, None),
        ({"cloudRun": {"service": "orders", "region": "europe-west1"}}, None),
        ({"httpEndpoint": {"uri": "https://a.example.com/x"}}, "https://a.example.com/x"),
    ],
)
def test_destinations(ask: Ask, destination: dict[str, Any], target: str | None) -> None:
    facts, _ = ask(caller="eventarc/uploads", resources=trigger(destination=destination, transport={}))
    assert value(facts.sending).target == target
    if target is None:
        assert isinstance(facts.token, Unknown), "for which URL it is made is not shown"
    else:
        assert value(facts.token).audience == target


def test_a_trigger_without_an_account_sends_no_token(ask: Ask) -> None:
    facts, _ = ask(caller="eventarc/uploads", resources=trigger(serviceAccount=""))
    assert isinstance(facts.principal, Absent)
    assert isinstance(facts.token, Absent)
    assert value(facts.sending).auth == TokenSetting(TokenType.NONE)


def test_a_trigger_of_something_else(ask: Ask) -> None:
    facts, _ = ask(caller="eventarc/uploads", resources=trigger(destination={"workflow": f"{P}/workflows/w"}))
    assert isinstance(facts.principal, Unknown)
    assert "destination is workflow" in facts.principal.detail


def test_what_may_not_be_read(ask: Ask) -> None:
    world = {"operator": {"principal": "user:dev@example.com", "lacks": ["eventarc.triggers.get"]}}
    facts, _ = ask(caller="eventarc/uploads", resources=pushing(), world=world)
    for fact in (facts.principal, facts.token, facts.sending, facts.minting):
        assert isinstance(fact, Unknown)
        assert fact.permission == "eventarc.triggers.get"
    assert value(facts.origin).place is Place.GOOGLE


def test_what_does_not_exist(ask: Ask) -> None:
    facts, _ = ask(caller="eventarc/none")
    for fact in (facts.principal, facts.token, facts.sending, facts.minting, facts.origin):
        assert isinstance(fact, Unknown)
        assert "there is no trigger" in fact.detail
