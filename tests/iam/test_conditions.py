"""Conditions, as other people write them: what they mean for a call, and what is refused by its form."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crauth_doctor.iam import cel
from crauth_doctor.iam.conditions import (
    ConditionResult,
    RequestAttributes,
    asks_for_tags,
    evaluate,
    evaluate_in_denial,
)
from crauth_doctor.model.fact import Fact, Known, Obstacle, Source, Unknown
from crauth_doctor.model.iam import Tag

CALL = RequestAttributes("/orders/7/items", "orders.run.app", 1_780_304_400)  # 2026-06-01T09:00:00Z, a Monday
ANY_CALL = RequestAttributes(None, "orders.run.app", CALL.time)
TAG = 'resource.matchTag("9/env", "prod")'
NAMED = 'resource.name == "x"'
HOT = 'request.path == "/orders/7/items"'
COLD = 'request.path == "/admin"'


@pytest.mark.parametrize(
    ("expression", "verdict"),
    [
        ('request.path.startsWith("/orders")', ConditionResult.YES),
        ('request.path.endsWith("/admin")', ConditionResult.NO),
        ('request.path.contains("items")', ConditionResult.YES),
        ('request.path.extract("/orders/{id}/") == "7"', ConditionResult.YES),
        ('request.path.extract("/{id}/none") == ""', ConditionResult.YES),
        ('request.path in ["/", "/orders/7/items"]', ConditionResult.YES),
        ('request.path.matches("^/orders/[0-9]+/items$")', ConditionResult.YES),
        ('request.path.matches("^/orders$")', ConditionResult.NO),
        (r'request.path.matches("items\\.json")', ConditionResult.NO),
        ('request.host == "orders.run.app" ? true : false', ConditionResult.YES),
        ('request.time < timestamp("2026-06-01T09:00:01Z")', ConditionResult.YES),
        ('request.time - duration("1h30m") < timestamp("2026-06-01T07:30:00Z")', ConditionResult.NO),
        ('request.time.getHours("Asia/Tokyo") == 18 && request.time.getDayOfWeek() == 1', ConditionResult.YES),
        ('request.time.getHours("-07:00") == 2', ConditionResult.YES),
        ("request.time.getMonth() == 5 && request.time.getDate() == 1", ConditionResult.YES),
        ("request.time.getDayOfMonth() == 0 && request.time.getDayOfYear() == 151", ConditionResult.YES),
        ("1 + 2 * 3 - 4 == 3 && 7 / 2 == 3 && -7 / 2 == -3 && -7 % 2 == -1", ConditionResult.YES),
        ("1 < 2 && 2.5 > 2 && !(2 >= 3)", ConditionResult.YES),
        (r'"\x2f" == "/" && r"\d" == "\\d" && "\101" == "A"', ConditionResult.YES),
        ("true", ConditionResult.YES),
        ("false || false", ConditionResult.NO),
        (NAMED, ConditionResult.UNSUPPORTED),
        (f"!({NAMED})", ConditionResult.UNSUPPORTED),
        (f"{NAMED} && {HOT}", ConditionResult.UNSUPPORTED),
        (f"{NAMED} && {COLD}", ConditionResult.NO),
        (f"{NAMED} || {COLD}", ConditionResult.UNSUPPORTED),
        (f"{NAMED} || {HOT}", ConditionResult.UNCLEAR),
        (TAG, ConditionResult.UNCLEAR),
        (f"!{TAG}", ConditionResult.UNCLEAR),
        ('resource.hasTagKey("9/env") && resource.hasTagKeyId("tagKeys/1")', ConditionResult.UNCLEAR),
        ('resource.matchTagId("tagKeys/1", "tagValues/2")', ConditionResult.UNCLEAR),
        (f"{TAG} || {HOT}", ConditionResult.YES),
        (f"{TAG} && {COLD}", ConditionResult.NO),
        (f"{TAG} || {NAMED}", ConditionResult.UNCLEAR),
        (f"{TAG} && {NAMED}", ConditionResult.UNSUPPORTED),
        ('api.getAttribute("x", []) == [] || true', ConditionResult.UNCLEAR),
        ('request.auth.claims["email"] == "x"', ConditionResult.UNCLEAR),
        ("request.path == 3", ConditionResult.UNCLEAR),
        ("request.path", ConditionResult.UNCLEAR),
        ("request.path.startsWith()", ConditionResult.UNCLEAR),
        ("request.path.nothing()", ConditionResult.UNCLEAR),
        ('request.time.getHours("Nowhere/Atlantis") == 1', ConditionResult.UNCLEAR),
        ('request.time.getHours("../../etc/passwd") == 1', ConditionResult.UNCLEAR),
        ("1 / 0 == 1", ConditionResult.UNCLEAR),
        ("", ConditionResult.UNCLEAR),
        ("request.path.matches(", ConditionResult.UNCLEAR),
        ("this is no CEL", ConditionResult.UNCLEAR),
    ],
)
def test_a_condition_for_one_call(expression: str, verdict: ConditionResult) -> None:
    assert evaluate(expression, CALL) is verdict


@pytest.mark.parametrize(
    ("expression", "verdict"),
    [
        (HOT, ConditionResult.BY_CALL),
        (f"!({HOT})", ConditionResult.BY_CALL),
        (f"{HOT} && false", ConditionResult.NO),
        (f"{HOT} || true", ConditionResult.YES),
        (f"{HOT} && {NAMED}", ConditionResult.UNSUPPORTED),
        (f"{HOT} || {NAMED}", ConditionResult.BY_CALL),
        (f"{HOT} || {TAG}", ConditionResult.UNCLEAR),
        ('request.host == "orders.run.app"', ConditionResult.BY_CALL),
    ],
)
def test_a_condition_for_any_call(expression: str, verdict: ConditionResult) -> None:
    assert evaluate(expression, ANY_CALL) is verdict


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
        f"request.path.matches('{'a?' * 60}{'a' * 60}')",
        f"request.path.matches('{'(a|a)' * 38}b')",
    ],
)
def test_what_is_long_deep_or_loops_is_not_evaluated(expression: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert evaluate(expression, CALL) is ConditionResult.UNCLEAR
    assert evaluate_in_denial(expression) is ConditionResult.UNCLEAR
    assert capfd.readouterr() == ("", "")


def test_a_pattern_is_not_looked_for_in_a_text_that_would_take_it_long() -> None:
    for size, result in ((20, ConditionResult.NO), (2000, ConditionResult.UNCLEAR)):
        call = RequestAttributes(f"/{'a' * size}", "orders.run.app", 0)
        assert evaluate("request.path.matches('[a-z]*[a-z]*[0-9]')", call) is result
        assert evaluate("request.path.matches('^/[a-z]*$')", call) is ConditionResult.YES


def test_what_cannot_be_read_is_looked_at_once() -> None:
    expression = "[1, 2].all(x, x > 0) && request.path == '/once'"
    with patch("crauth_doctor.iam.cel._parser", wraps=cel._parser) as parser:
        assert [evaluate(expression, CALL) for _ in range(3)] == [ConditionResult.UNCLEAR] * 3
    assert parser.call_count == 1


def test_fifty_levels_and_two_kilobytes_are_evaluated() -> None:
    assert evaluate("(" * 48 + "true" + ")" * 48, CALL) is ConditionResult.YES
    assert evaluate(" || ".join(["false"] * 225), CALL) is ConditionResult.NO


@pytest.mark.parametrize(
    ("expression", "verdict"),
    [
        ("true", ConditionResult.YES),
        ("false", ConditionResult.NO),
        (TAG, ConditionResult.UNCLEAR),
        (f"{TAG} && false", ConditionResult.NO),
        (HOT, ConditionResult.UNSUPPORTED),
        ('request.time < timestamp("2020-01-01T00:00:00Z")', ConditionResult.UNSUPPORTED),
        (f"{HOT} && false", ConditionResult.UNCLEAR),
        (f"{HOT} || true", ConditionResult.YES),
        (f"{HOT} && {TAG}", ConditionResult.UNCLEAR),
        (NAMED, ConditionResult.UNSUPPORTED),
        ("this is no CEL", ConditionResult.UNCLEAR),
    ],
)
def test_the_condition_of_a_deny_rule(expression: str, verdict: ConditionResult) -> None:
    assert evaluate_in_denial(expression) is verdict


_ATOMS = st.sampled_from([HOT, COLD, TAG, NAMED, "true", "false", "1", '"x"', "request.time", "api.x", "x.all(y, y)"])
_SIGNS = st.sampled_from(
    ["&&", "||", "==", "<", "+", "-", "*", "/", "%", "in", "!=", "?", ":", ".", "!", "(", ")", "["]
)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.one_of(st.text(max_size=60), st.lists(st.one_of(_ATOMS, _SIGNS), max_size=12).map(" ".join)))
def test_nothing_raises(expression: str) -> None:
    assert isinstance(evaluate(expression, CALL), ConditionResult)
    assert isinstance(evaluate(expression, ANY_CALL), ConditionResult)
    assert isinstance(evaluate_in_denial(expression), ConditionResult)


def test_what_was_parsed_is_kept_within_bounds() -> None:
    assert cel._parsed.cache_info().maxsize is not None


TAGGED: Fact[tuple[Tag, ...]] = Known((Tag("9/env", "tagKeys/1", "prod", "tagValues/2"),), Source("test", "a table"))
TAGS_TOLD = [
    (TAG, ConditionResult.YES),
    ('resource.matchTag("9/env", "test")', ConditionResult.NO),
    ('resource.matchTag("8/env", "prod")', ConditionResult.NO),
    (f"!{TAG}", ConditionResult.NO),
    ('resource.hasTagKey("9/env")', ConditionResult.YES),
    ('resource.hasTagKey("9/other")', ConditionResult.NO),
    ('resource.hasTagKeyId("tagKeys/1")', ConditionResult.YES),
    ('resource.hasTagKeyId("tagKeys/2")', ConditionResult.NO),
    ('resource.matchTagId("tagKeys/1", "tagValues/2")', ConditionResult.YES),
    ('resource.matchTagId("tagKeys/1", "tagValues/3")', ConditionResult.NO),
    ('resource.hasTagKey("9/env") && !resource.matchTag("9/env", "test")', ConditionResult.YES),
    ('resource.matchTag("9/env")', ConditionResult.UNCLEAR),
    ("resource.hasTagKey(1)", ConditionResult.UNCLEAR),
]


@pytest.mark.parametrize(("expression", "verdict"), TAGS_TOLD)
def test_tags_that_were_read_decide(expression: str, verdict: ConditionResult) -> None:
    assert evaluate(expression, CALL, TAGGED) is verdict
    assert evaluate_in_denial(expression, TAGGED) is verdict


@pytest.mark.parametrize(
    ("expression", "allow", "deny"),
    [
        (f"{TAG} && {COLD}", ConditionResult.NO, ConditionResult.UNSUPPORTED),
        (f"{TAG} && {HOT}", ConditionResult.YES, ConditionResult.UNSUPPORTED),
        (f"!{TAG} || {HOT}", ConditionResult.YES, ConditionResult.UNSUPPORTED),
        (f"{TAG} || {HOT}", ConditionResult.YES, ConditionResult.YES),
        (f"{TAG} && {NAMED}", ConditionResult.UNSUPPORTED, ConditionResult.UNSUPPORTED),
    ],
)
def test_tags_beside_what_only_one_side_knows(expression: str, allow: ConditionResult, deny: ConditionResult) -> None:
    assert evaluate(expression, CALL, TAGGED) is allow
    assert evaluate_in_denial(expression, TAGGED) is deny


def test_an_untagged_resource_has_no_tag_and_tags_that_could_not_be_read_are_unclear() -> None:
    untagged: Fact[tuple[Tag, ...]] = Known((), Source("test", "a table"))
    unread = Unknown(Source("run.services.listEffectiveTags", "x"), Obstacle.FORBIDDEN)
    assert evaluate(f"!{TAG}", CALL, untagged) is ConditionResult.YES
    assert evaluate(TAG, CALL, unread) is ConditionResult.UNCLEAR
    assert evaluate_in_denial(TAG, unread) is ConditionResult.UNCLEAR
    assert asks_for_tags(f"{HOT} || {TAG}")
    assert not asks_for_tags(f'{HOT} || request.host == "resource.matchTag"')
