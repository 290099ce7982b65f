"""The URL in question is the URL that was called, or it is said which one was."""

from __future__ import annotations

import string
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crauth_doctor.collect.question import Question
from crauth_doctor.collect.readings import collect
from crauth_doctor.collect.unanswerable import UnanswerableError
from crauth_doctor.diagnosis import diagnose
from crauth_doctor.gcp.google import connect
from crauth_doctor.model.fact import Absent, Known, Obstacle, Unknown
from crauth_doctor.model.finding import Conclusion
from crauth_doctor.sandbox import parse_world, serve

from .conftest import CHECKOUT, FRONTEND, HASHED, NUMBER, RUN, URL, WORLD, Ask

OTHER = f"https://frontend-{NUMBER}.us-central1.run.app"
OWN = {URL.partition("://")[2], HASHED.partition("://")[2]}


@pytest.mark.parametrize(
    ("url", "here"),
    [
        (f"{URL}/x", True),
        (HASHED, True),
        (OTHER, False),
        (f"https://nosuch-{NUMBER}.us-central1.run.app", False),
        ("http://example.com", None),
        ("https://orders.exmple.com/x", None),
    ],
)
def test_a_host_that_is_not_the_services_is_not_called(ask: Ask, url: str, here: bool | None) -> None:
    facts, box = ask(url=url, resources={f"{RUN}{FRONTEND}": {"urls": [OTHER]}})
    assert isinstance(facts.call, Known)
    assert facts.call.value.host == urlsplit(url).hostname
    assert isinstance(facts.calls, Known)
    hosts = {one.host for one in box.requests if not one.host.endswith(".googleapis.com")}
    assert hosts == {urlsplit(facts.calls.value.url).hostname}
    assert hosts <= OWN
    if here is None:
        assert isinstance(facts.call_leads_here, Unknown)
    else:
        assert isinstance(facts.call_leads_here, Known)
        assert facts.call_leads_here.value is here


def test_where_a_host_leads_is_unknown_where_its_mapping_may_not_be_read(ask: Ask) -> None:
    lacks = {"operator": {"principal": "user:dev@example.com", "lacks": ["run.domainmappings.get"]}}
    facts, _ = ask(url="https://orders.example.com", world=lacks)
    assert isinstance(facts.call_leads_here, Unknown)
    assert facts.call_leads_here.obstacle is Obstacle.FORBIDDEN
    assert facts.call_leads_here.permission == "run.domainmappings.get"


AUDIENCE = "https://pay.example.com"


def test_where_the_host_in_an_audience_leads_is_looked_up_only_where_it_matters(ask: Ask) -> None:
    assert isinstance(ask(audience=URL)[0].audience_leads_here, Absent)
    assert isinstance(ask(audience="orders-api")[0].audience_leads_here, Absent)
    assert isinstance(ask(audience=AUDIENCE, url=AUDIENCE)[0].audience_leads_here, Absent)
    assert isinstance(ask(audience=AUDIENCE)[0].audience_leads_here, Unknown)


def test_an_audience_whose_host_may_lead_to_the_service_proves_no_other_cause(ask: Ask) -> None:
    lacks = {"operator": {"principal": "user:dev@example.com", "lacks": ["run.domainmappings.get"]}}
    found = diagnose(ask(audience=AUDIENCE, world=lacks)[0])
    assert found.conclusion is not Conclusion.PROVEN
    assert "token/audience-custom-domain" in {one.rule for one in found.open} | {found.cause and found.cause.rule}


@pytest.mark.parametrize(
    "url", ["orders", "orders-1.us-central1.run.app", "https://", "https:///x", "ftp://x.example.com", "https://a b/",
            "https://[::1", "", "https://a\\b.example.com/"],
)  # fmt: skip
def test_what_is_no_url_is_said_at_once(ask: Ask, url: str) -> None:
    with pytest.raises(UnanswerableError, match="not a URL that can be called"):
        ask(url=url)


hosts = st.one_of(
    st.sampled_from(
        [*OWN, "example.com", f"checkout-{NUMBER}.us-central1.run.app", f"blue---orders-{NUMBER}.us-central1.run.app"]
    ),
    st.text(string.ascii_lowercase + string.digits + "-", min_size=1, max_size=12).map(lambda name: f"{name}.run.app"),
    st.text(string.ascii_lowercase, min_size=1, max_size=8).map(lambda name: f"orders.{name}.dev"),
)
paths = st.sampled_from(["", "/", "/a/../b", "/x?y=1", "/%2e%2e/z", ":443/", ":8080/", "#f"])


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(["https://", "http://", "HTTPS://"]), hosts, paths)
def test_an_answer_is_of_the_host_that_was_called(scheme: str, host: str, path: str) -> None:
    with serve(parse_world(WORLD)) as box:
        question = Question("orders", CHECKOUT, "shop-prod", "us-central1", url=f"{scheme}{host}{path}")
        facts = collect(question, connect({}, sandbox=box.base))
        sent = {one.host for one in box.requests if not one.host.endswith(".googleapis.com")}
    assert isinstance(facts.call, Known)
    assert facts.call.value.host == host
    made = facts.calls.value if isinstance(facts.calls, Known) else None
    if made is not None and (made.without_token or made.with_junk or made.with_token):
        assert sent == {urlsplit(made.url).hostname}
    assert not isinstance(facts.call_leads_here, Absent)
    if isinstance(facts.call_leads_here, Known) and not facts.call_leads_here.value:
        assert host not in sent


def test_a_call_that_gets_no_answer_is_no_unknown_call(ask: Ask) -> None:
    fault = {"match": URL.partition("://")[2], "times": 99, "delay": 5}
    facts, _ = ask(world={"faults": [fault]}, seconds=0.9)
    assert isinstance(facts.calls, Known)
    made = facts.calls.value
    assert (made.without_token, made.with_junk, made.with_token) == (None, None, None)
    assert made.unanswered.startswith("timed-out")
