"""Every read of the table, and whatever may come in place of its answer: it is unknown, and nothing is made up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest

from crauth_doctor.gcp import rest
from crauth_doctor.gcp.google import Google, connect
from crauth_doctor.gcp.methods import Row
from crauth_doctor.model.fact import Absent, Fact, Known, Obstacle, Unknown
from crauth_doctor.sandbox import parse_world, serve
from tests.patience import LONG

from .conftest import Broken
from .kinds import JSON, KINDS
from .reads import READS

NAME: Final = "projects/shop-prod/locations/us-central1/services/orders"
WORLD: Final = {"version": 1, "now": "2026-06-01T09:00:00Z", "operator": {"principal": "user:dev@example.com"}}
OBSTACLES: Final = {
    "401": Obstacle.NO_CREDENTIALS,
    "403": Obstacle.FORBIDDEN,
    "403 of a proxy": Obstacle.NOT_UNDERSTOOD,
    "404 of a proxy": Obstacle.NOT_UNDERSTOOD,
    "409": Obstacle.NOT_UNDERSTOOD,
    "429": Obstacle.UNREACHABLE,
    "429 with a wish": Obstacle.UNREACHABLE,
    "500": Obstacle.NOT_UNDERSTOOD,
    "503": Obstacle.UNREACHABLE,
    "reset": Obstacle.UNREACHABLE,
    "truncated": Obstacle.UNREACHABLE,
    "302": Obstacle.NOT_UNDERSTOOD,
    "400": Obstacle.NOT_UNDERSTOOD,
    "502 of a proxy": Obstacle.NOT_UNDERSTOOD,
    "504": Obstacle.TIMED_OUT,
    "half": Obstacle.NOT_UNDERSTOOD,
    "no content": Obstacle.NOT_UNDERSTOOD,
    "nested": Obstacle.NOT_UNDERSTOOD,
    "not a number": Obstacle.NOT_UNDERSTOOD,
    "empty": Obstacle.NOT_UNDERSTOOD,
    "HTML": Obstacle.NOT_UNDERSTOOD,
    "text": Obstacle.NOT_UNDERSTOOD,
    "array": Obstacle.NOT_UNDERSTOOD,
    "null": Obstacle.NOT_UNDERSTOOD,
    "error with 200": Obstacle.NOT_UNDERSTOOD,
}


@pytest.fixture(scope="module")
def google() -> Iterator[Google]:
    with serve(parse_world(WORLD)) as box:
        yield connect({}, sandbox=box.base, seconds=60)


def asked(google: Google, row: Row) -> Fact[Any]:
    names = dict.fromkeys(re.findall(r"\{\+?(\w+)\}", row.path), "shop-prod")
    names |= {key: NAME for key in names if f"{{+{key}}}" in row.path}
    if row.client == "list_services":
        names = {"parent": "projects/shop-prod/locations/us-central1"}
    elif row.client == "list_policies":
        names = {"parent": "policies/cloudresourcemanager.googleapis.com%2Fprojects%2F1/denypolicies"}
    elif row.client == "get_policy":
        names = {"name": "policies/cloudresourcemanager.googleapis.com%2Fprojects%2F1/denypolicies/p"}
    make: Any = rest.list_all if row.items else rest.get
    fact: Fact[Any] = make(google, row, f"//{row.host}/{NAME}", lambda value: value, **names)
    return fact


def told_apart(schema: str) -> list[str]:
    """All kinds of trouble of a read, or some that differ from read to read; one client sends most of them."""
    kinds, at = list(OBSTACLES), sorted(READS).index(schema)
    return (
        kinds if LONG or READS[schema].client or at < 3 else [kinds[(at + 4 * step) % len(kinds)] for step in range(4)]
    )


@pytest.mark.parametrize("schema", sorted(READS))
def test_a_read_that_gets_no_answer_is_unknown(schema: str, google: Google, broken: Broken) -> None:
    for kind in told_apart(schema):
        broken.fault, broken.times = KINDS[kind], 0
        now = google.within(60)
        fact = asked(now, READS[schema])
        assert broken.times, kind
        assert isinstance(fact, Unknown), (kind, fact)
        assert fact.obstacle is OBSTACLES[kind], (kind, fact)
        assert now.failed() == (fact,), kind
    broken.fault = KINDS["404"]
    may_be_missing = not READS[schema].items or schema in rest.OF_ONE
    assert isinstance(asked(google.within(60), READS[schema]), Absent if may_be_missing else Unknown)


@pytest.mark.parametrize("schema", sorted(one for one in READS if one.endswith((".get", ".getIamPolicy"))))
def test_nothing_is_no_answer_of_what_has_a_name_or_an_etag(schema: str, google: Google, broken: Broken) -> None:
    broken.fault = KINDS["nothing in it"]
    fact = asked(google.within(60), READS[schema])
    assert isinstance(fact, Unknown)
    assert fact.obstacle is Obstacle.NOT_UNDERSTOOD


@pytest.mark.parametrize("schema", sorted(READS))
def test_a_read_that_is_answered_late_is_unknown_in_time(schema: str, google: Google, broken: Broken) -> None:
    broken.fault = KINDS["slow"]
    now = google.within(0.05)
    fact = asked(now, READS[schema])
    assert isinstance(fact, Unknown)
    assert fact.obstacle is Obstacle.TIMED_OUT
    assert now.failed() == (fact,)


@pytest.mark.parametrize("schema", sorted(schema for schema, row in READS.items() if row.items))
def test_a_list_without_end_is_not_taken_for_whole(
    schema: str, google: Google, broken: Broken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest, "PAGES", 5)
    nothing = "{}" if schema.endswith(".aggregatedList") else "[]"
    page = f'{{"{READS[schema].items}": {nothing}, "nextPageToken": "again"}}'
    broken.fault = lambda _: {"status": 200, "body": page, "headers": JSON}
    fact = asked(google.within(60), READS[schema])
    assert isinstance(fact, Unknown)
    assert broken.times == rest.PAGES


def test_a_known_answer_is_seen_as_such(google: Google, broken: Broken) -> None:
    body = '{"name": "projects/1", "projectId": "shop-prod"}'
    broken.fault = lambda _: {"status": 200, "body": body, "headers": JSON}
    assert isinstance(asked(google.within(60), READS["cloudresourcemanager:v3:projects.get"]), Known)
