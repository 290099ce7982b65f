from __future__ import annotations

import json

import pytest

from crauth_doctor.google_json.senders import steps_of
from crauth_doctor.model.caller import CallerKind, Origin, Place
from crauth_doctor.model.exported import TokenSetting, TokenType
from crauth_doctor.model.fact import Absent, Obstacle, Unknown
from crauth_doctor.model.facts import NOT_ASKED
from crauth_doctor.model.token import GOOGLE_ISSUERS, Token, TokenKind

from ..conftest import URL, Ask
from .scenes import DEFAULT, MEMBER, SENDER, member, policies, value, workflow


def source(*calls: str) -> str:
    steps = "".join(f"    - s{index}:\n        call: {call}\n" for index, call in enumerate(calls))
    return f"main:\n  steps:\n{steps}"


def get(url: str, auth: str = "{type: OIDC}", call: str = "http.post") -> str:
    return f"{call}\n        args: {{url: {url!r}, auth: {auth}}}"


def token(audience: str | None) -> Token:
    return Token(TokenKind.ID_TOKEN, audience, GOOGLE_ISSUERS[0], SENDER)


def test_one_that_works(ask: Ask) -> None:
    flow = workflow(source(get("https://example.com"), get(f"{URL}/a", f"{{type: OIDC, audience: {URL}}}")))
    facts, _ = ask(caller="workflow/flow", resources=flow, iam=policies())
    assert value(facts.caller).kind is CallerKind.WORKFLOW
    assert (member(facts), value(facts.origin)) == (MEMBER, Origin(Place.GOOGLE, "shop-prod"))
    sending = value(facts.sending)
    assert (sending.product, sending.target, sending.agent) == ("Workflows", f"{URL}/a", None)
    assert sending.auth == TokenSetting(TokenType.OIDC, SENDER, URL)
    assert value(facts.token) == token(URL)
    assert (value(facts.call).url, value(facts.call).method) == (f"{URL}/a", "POST")
    assert isinstance(facts.minting, Absent)
    assert value(facts.calls).with_token.status == 200


@pytest.mark.parametrize(
    ("calls", "audience", "kind"),
    [
        ([get(f"{URL}/a?b=1")], f"{URL}/a?b=1", TokenKind.ID_TOKEN),
        ([get(f"{URL}/a", "{type: OAuth2}")], None, TokenKind.ACCESS_TOKEN),
        ([get(f"{URL}/a", f"{{type: OIDC, audience: {URL}}}"), get(f"{URL}/b")], f"{URL}/b", TokenKind.ID_TOKEN),
        ([get(f"{URL}/a"), get(f"{URL}/b", "{type: OAuth2}")], None, TokenKind.ACCESS_TOKEN),
    ],
)
def test_tokens(ask: Ask, calls: list[str], audience: str | None, kind: TokenKind) -> None:
    facts, _ = ask(caller="workflow/flow", resources=workflow(source(*calls)))
    assert (value(facts.token).audience, value(facts.token).kind) == (audience, kind)


def test_an_audience_that_is_an_expression_is_unknown(ask: Ask) -> None:
    facts, _ = ask(
        caller="workflow/flow", resources=workflow(source(get(URL, "{type: OIDC, audience: '${args.aud}'}")))
    )
    assert isinstance(facts.token, Unknown)
    assert "audience" in facts.token.detail


def test_the_url_asked_for_chooses(ask: Ask) -> None:
    flow = workflow(source(get(f"{URL}/a", "{type: OAuth2}"), get(f"{URL}/b")))
    facts, _ = ask(caller="workflow/flow", resources=flow, url=f"{URL}/b")
    assert value(facts.token) == token(f"{URL}/b")


def test_a_call_without_auth_has_no_token(ask: Ask) -> None:
    flow = workflow(source(f"http.get\n        args: {{url: {URL!r}}}"))
    facts, _ = ask(caller="workflow/flow", resources=flow)
    assert isinstance(facts.token, Absent)
    assert isinstance(facts.principal, Absent)
    assert value(facts.sending).auth == TokenSetting(TokenType.NONE)
    assert value(facts.call).method == "GET"


@pytest.mark.parametrize("text", [source(get("https://example.com")), "main: {steps: []}", "main:\n  steps: [{"])
def test_when_no_call_is_known_to_go_there(ask: Ask, text: str) -> None:
    facts, _ = ask(caller="workflow/flow", resources=workflow(text))
    assert member(facts) == MEMBER
    assert value(facts.call).url == f"{URL}/"
    if text.endswith("[{"):
        assert isinstance(facts.sending, Unknown)
        assert facts.sending.obstacle is Obstacle.NOT_UNDERSTOOD
    else:
        assert (value(facts.sending).target, facts.token) == (None, NOT_ASKED)


def test_the_default_account(ask: Ask) -> None:
    facts, _ = ask(caller="workflow/flow", resources=workflow(source(get(URL)), serviceAccount=""))
    assert member(facts) == f"serviceAccount:{DEFAULT}"


def test_what_may_not_be_read_and_what_does_not_exist(ask: Ask) -> None:
    world = {"operator": {"principal": "user:dev@example.com", "lacks": ["workflows.workflows.get"]}}
    facts, _ = ask(caller="workflow/flow", resources=workflow(source(get(URL))), world=world)
    for fact in (facts.principal, facts.token, facts.sending):
        assert isinstance(fact, Unknown)
        assert fact.permission == "workflows.workflows.get"
    assert value(facts.origin).place is Place.GOOGLE
    facts, _ = ask(caller="workflow/none")
    for absent in (facts.principal, facts.token, facts.sending, facts.origin):
        assert isinstance(absent, Unknown)
        assert "there is no workflow" in absent.detail


STEPS = f"""
main:
  params: [args]
  steps:
    - init:
        assign:
          - base: {URL}
          - path: "/items"
          - twice: a
          - twice: b
    - loop:
        for:
          value: v
          in: [1]
          steps:
            - one:
                try:
                  call: http.request
                  args: {{url: '${{base + path}}', method: delete}}
                retry: ${{http.default_retry}}
    - two:
        parallel:
          branches:
            - b: {{steps: [{{call_env: {{call: http.get, args: {{url: '${{sys.get_env("URL") + "/x"}}'}}}}}}]}}
    - three: {{call: http.get, args: {{url: '${{base + "/" + args.id}}'}}}}
    - four: {{call: http.get, args: {{url: '${{twice + args.id}}'}}}}
    - five: {{call: sys.log, args: {{url: {URL}}}}}
    - six: {{call: http.get}}
"""


def test_calls_are_found_wherever_they_stand() -> None:
    steps = steps_of(STEPS, {"URL": "https://env.example"})
    assert steps is not None
    found = [(step.method, step.url, step.whole) for step in steps]
    assert found == [
        ("DELETE", f"{URL}/items", True),
        ("GET", "https://env.example/x", True),
        ("GET", f"{URL}/", False),
        ("GET", "", False),
    ]
    assert steps_of(json.dumps({"a": {"call": "http.get", "args": {"url": URL}}}), {}) is not None
    assert steps_of("a: [", {}) is None
    assert steps_of("", {}) == ()


def test_nothing_endless() -> None:
    loop = "a: {assign: [{x: '${y}'}, {y: '${x}'}], s: {call: http.get, args: {url: '${x}'}}}"
    steps = steps_of(loop, {})
    assert steps is not None
    assert (steps[0].url, steps[0].whole) == ("", False)
    assert steps_of("[" * 5000, {}) is None
    assert steps_of("&a [*a, *a]", {}) in {None, ()}
