"""Conditions, as other people write them: what they mean for a call, and what is refused by its form."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crauth_doctor.iam.cel import compiled
from crauth_doctor.iam.conditions import Met, Request, met, met_by_denial

CALL = Request("/orders/7/items", "orders.run.app", 1_780_304_400)  # 2026-06-01T09:00:00Z, a Monday
ANY_CALL = Request(None, "orders.run.app", CALL.time)
TAG = 'resource.matchTag("9/env", "prod")'
NAMED = 'resource.name == "x"'
HOT = 'request.path == "/orders/7/items"'
COLD = 'request.path == "/admin"'


@pytest.mark.parametrize(
    ("expression", "verdict"),
    [
        ('request.path.startsWith("/orders")', Met.YES),
        ('request.path.endsWith("/admin")', Met.NO),
        ('request.path.contains("items")', Met.YES),
        ('request.path.extract("/orders/{id}/") == "7"', Met.YES),
        ('request.path.extract("/{id}/none") == ""', Met.YES),
        ('request.path in ["/", "/orders/7/items"]', Met.YES),
        ('request.path.matches("^/orders/[0-9]+/items$")', Met.YES),
        ('request.path.matches("^/orders$")', Met.NO),
        (r'request.path.matches("items\\.json")', Met.NO),
        ('request.host == "orders.run.app" ? true : false', Met.YES),
        ('request.time < timestamp("2026-06-01T09:00:01Z")', Met.YES),
        ('request.time - duration("1h30m") < timestamp("2026-06-01T07:30:00Z")', Met.NO),
        ('request.time.getHours("Asia/Tokyo") == 18 && request.time.getDayOfWeek() == 1', Met.YES),
        ('request.time.getHours("-07:00") == 2', Met.YES),
        ("request.time.getMonth() == 5 && request.time.getDate() == 1", Met.YES),
        ("request.time.getDayOfMonth() == 0 && request.time.getDayOfYear() == 151", Met.YES),
        ("1 + 2 * 3 - 4 == 3 && 7 / 2 == 3 && -7 / 2 == -3 && -7 % 2 == -1", Met.YES),
        ("1 < 2 && 2.5 > 2 && !(2 >= 3)", Met.YES),
        (r'"\x2f" == "/" && r"\d" == "\\d" && "\101" == "A"', Met.YES),
        ("true", Met.YES),
        ("false || false", Met.NO),
        (NAMED, Met.UNSUPPORTED),
        (f"!({NAMED})", Met.UNSUPPORTED),
        (f"{NAMED} && {HOT}", Met.UNSUPPORTED),
        (f"{NAMED} && {COLD}", Met.NO),
        (f"{NAMED} || {COLD}", Met.UNSUPPORTED),
        (f"{NAMED} || {HOT}", Met.UNCLEAR),
        (TAG, Met.UNCLEAR),
        (f"!{TAG}", Met.UNCLEAR),
        ('resource.hasTagKey("9/env") && resource.hasTagKeyId("tagKeys/1")', Met.UNCLEAR),
        ('resource.matchTagId("tagKeys/1", "tagValues/2")', Met.UNCLEAR),
        (f"{TAG} || {HOT}", Met.YES),
        (f"{TAG} && {COLD}", Met.NO),
        (f"{TAG} || {NAMED}", Met.UNCLEAR),
        (f"{TAG} && {NAMED}", Met.UNSUPPORTED),
        ('api.getAttribute("x", []) == [] || true', Met.UNCLEAR),
        ('request.auth.claims["email"] == "x"', Met.UNCLEAR),
        ("request.path == 3", Met.UNCLEAR),
        ("request.path", Met.UNCLEAR),
        ("request.path.startsWith()", Met.UNCLEAR),
        ("request.path.nothing()", Met.UNCLEAR),
        ('request.time.getHours("Nowhere/Atlantis") == 1', Met.UNCLEAR),
        ('request.time.getHours("../../etc/passwd") == 1', Met.UNCLEAR),
        ("1 / 0 == 1", Met.UNCLEAR),
        ("", Met.UNCLEAR),
        ("request.path.matches(", Met.UNCLEAR),
        ("this is no CEL", Met.UNCLEAR),
    ],
)
def test_a_condition_for_one_call(expression: str, verdict: Met) -> None:
    assert met(expression, CALL) is verdict


@pytest.mark.parametrize(
    ("expression", "verdict"),
    [
        (HOT, Met.BY_CALL),
        (f"!({HOT})", Met.BY_CALL),
        (f"{HOT} && false", Met.NO),
        (f"{HOT} || true", Met.YES),
        (f"{HOT} && {NAMED}", Met.UNSUPPORTED),
        (f"{HOT} || {NAMED}", Met.BY_CALL),
        (f"{HOT} || {TAG}", Met.UNCLEAR),
        ('request.host == "orders.run.app"', Met.BY_CALL),
    ],
)
def test_a_condition_for_any_call(expression: str, verdict: Met) -> None:
    assert met(expression, ANY_CALL) is verdict


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 51 + "true" + ")" * 51,
        "(" * 1000 + "true" + ")" * 1000,
        "!" * 60 + "true",
        "-" * 60 + "1 == 1",
        "true ? " * 60 + "true" + " : true" * 60,
        "[" * 60 + "]" * 60 + " == []",
        HOT + " " * 2048,
        " || ".join(["true"] * 2000),
        'request.path == "' + "ä" * 1024 + '"',
        "'" + "\\a" * 20_000 + " request.path",
        "[1, 2].all(x, x > 0)",
        "[1, 2].exists(x, x > 0)",
        "[1, 2].exists_one(x, x > 1)",
        "[1, 2].map(x, x + 1) == [2, 3]",
        "[1, 2].filter(x, x > 1) == [2]",
        "has(request.path)",
        "[1,2].map(a,[1,2].map(b,[1,2].map(c,a+b+c))).size()>0",
        "request.path.matches('(a+)+$')",
        "request.path.matches('((a{0,100}){0,100}){0,100}')",
        "request.path.matches('.*.*.*.*.*x')",
        "request.path.matches('(')",
    ],
)
def test_what_is_long_deep_or_loops_is_not_evaluated(expression: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert met(expression, CALL) is Met.UNCLEAR
    assert met_by_denial(expression) is Met.UNCLEAR
    assert capfd.readouterr() == ("", "")


def test_fifty_levels_and_two_kilobytes_are_evaluated() -> None:
    assert met("(" * 48 + "true" + ")" * 48, CALL) is Met.YES
    assert met(" || ".join(["false"] * 225), CALL) is Met.NO


@pytest.mark.parametrize(
    ("expression", "verdict"),
    [
        ("true", Met.YES),
        ("false", Met.NO),
        (TAG, Met.UNCLEAR),
        (f"{TAG} && false", Met.NO),
        (HOT, Met.UNCLEAR),
        ('request.time < timestamp("2020-01-01T00:00:00Z")', Met.UNCLEAR),
        (f"{HOT} && false", Met.UNCLEAR),
        (NAMED, Met.UNCLEAR),
    ],
)
def test_the_condition_of_a_deny_rule(expression: str, verdict: Met) -> None:
    assert met_by_denial(expression) is verdict


_ATOMS = st.sampled_from([HOT, COLD, TAG, NAMED, "true", "false", "1", '"x"', "request.time", "api.x", "x.all(y, y)"])
_SIGNS = st.sampled_from(
    ["&&", "||", "==", "<", "+", "-", "*", "/", "%", "in", "!=", "?", ":", ".", "!", "(", ")", "["]
)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.one_of(st.text(max_size=60), st.lists(st.one_of(_ATOMS, _SIGNS), max_size=12).map(" ".join)))
def test_nothing_raises(expression: str) -> None:
    assert isinstance(met(expression, CALL), Met)
    assert isinstance(met(expression, ANY_CALL), Met)
    assert isinstance(met_by_denial(expression), Met)


def test_what_was_parsed_is_kept_within_bounds() -> None:
    assert compiled.cache_info().maxsize is not None
