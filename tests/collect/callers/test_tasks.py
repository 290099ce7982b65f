from __future__ import annotations

from typing import Any

import pytest

from crauth_doctor.google_json.senders import Queue, Sends
from crauth_doctor.model.exported import TokenSetting, TokenType
from crauth_doctor.model.fact import Absent, Unknown
from crauth_doctor.model.facts import NOT_ASKED

from ..conftest import URL, Ask
from .scenes import MEMBER, SENDER, L, agent, member, oidc, queue, task, value

OTHER = "other@shop-prod.iam.gserviceaccount.com"


def test_the_newest_task_speaks_for_the_queue(ask: Ask) -> None:
    resources = queue() | task("1", f"{URL}/old") | task("2", f"{URL}/new", "2026-06-01T08:30:00Z")
    facts, _ = ask(caller="tasks/mail", resources=resources)
    assert value(facts.sending).target == f"{URL}/new"


@pytest.mark.parametrize("asked", ["mail/1", f"{L}/queues/mail/tasks/1"])
def test_one_task(ask: Ask, asked: str) -> None:
    resources = queue() | task("1", f"{URL}/old") | task("2", f"{URL}/new", "2026-06-01T08:30:00Z")
    facts, _ = ask(caller=f"tasks/{asked}", resources=resources)
    assert value(facts.sending).target == f"{URL}/old"
    assert value(facts.caller).resource == f"//cloudtasks.googleapis.com/{L}/queues/mail/tasks/1"


def test_a_task_that_is_gone(ask: Ask) -> None:
    facts, _ = ask(caller="tasks/mail/7", resources=queue())
    assert isinstance(facts.principal, Unknown)


def test_an_empty_queue_says_nothing_of_its_tasks(ask: Ask) -> None:
    facts, _ = ask(caller="tasks/mail", resources=queue())
    assert isinstance(facts.principal, Unknown)
    assert "there is none in the queue now" in facts.principal.detail
    assert facts.token == NOT_ASKED
    assert (value(facts.sending).auth, value(facts.sending).agent) == (None, agent("cloudtasks"))


def test_tasks_that_may_not_be_listed(ask: Ask) -> None:
    lacks = {"operator": {"principal": "user:dev@example.com", "lacks": ["cloudtasks.tasks.list"]}}
    facts, _ = ask(caller="tasks/mail", resources=queue() | task(), world=lacks)
    assert isinstance(facts.principal, Unknown)
    assert facts.principal.permission == "cloudtasks.tasks.list"
    assert isinstance(facts.token, Unknown)
    facts, _ = ask(caller="tasks/mail", resources=queue(**oidc()) | task(), world=lacks)
    assert member(facts) == MEMBER


def test_what_the_queue_sets_wins(ask: Ask) -> None:
    override = {"uriOverride": {"scheme": "HTTPS", "host": URL.partition("://")[2]}, **oidc()}
    foreign = task("1", "http://example.com/mail?x=1", oidcToken={"serviceAccountEmail": OTHER})
    facts, _ = ask(caller="tasks/mail", resources=queue(**override) | foreign)
    assert value(facts.sending).target == f"{URL}/mail?x=1"
    assert value(facts.token).email == SENDER
    facts, _ = ask(caller="tasks/mail", resources=queue(**override))
    assert (value(facts.sending).target, member(facts)) == (URL, MEMBER)


TOKEN = TokenSetting(TokenType.OIDC, "a@b.c")


@pytest.mark.parametrize(
    ("uri", "always", "target"),
    [
        ({}, True, "https://a.example/x?y=1"),
        ({"host": "b.example"}, True, "https://b.example/x?y=1"),
        ({"host": "b.example", "port": "8443", "path": "/z", "query": ""}, True, "https://b.example:8443/z"),
        ({"host": "b.example"}, False, "https://a.example/x?y=1"),
    ],
)
def test_overrides(uri: dict[str, Any], always: bool, target: str) -> None:
    sent = Sends("https://a.example/x?y=1", TOKEN, "PUT")
    got = Queue(tuple(uri.items()), method="POST", always=always).sends(sent)
    assert (got.target, got.auth, got.method) == (target, TOKEN, "POST")
    elsewhere = Sends(instead="calls App Engine")
    assert Queue(tuple(uri.items())).sends(elsewhere) is elsewhere


def tried(id: str, at: str, created: str = "2026-06-01T08:00:00Z", **last: Any) -> dict[str, Any]:
    made = task(id, created=created)
    (found,) = made.values()
    found["lastAttempt"] = {"responseTime": at, **last} if at else last
    return made


@pytest.mark.parametrize("asked", ["tasks/mail", "tasks/mail/1"])
def test_the_last_attempt_is_told_of_the_queue_and_of_the_task(ask: Ask, asked: str) -> None:
    refused = {"code": 7, "message": "PERMISSION_DENIED(7): HTTP status code 403"}
    resources = queue() | tried("1", "2026-06-01T08:10:00Z", responseStatus=refused)
    resources |= task("2", created="2026-06-01T08:20:00Z")
    facts, _ = ask(caller=asked, resources=resources)
    found = value(facts.attempt)
    assert (found.at, found.http_status, found.code) == ("2026-06-01T08:10:00Z", 403, 7)


def test_a_task_that_was_not_answered_yet_tells_no_attempt(ask: Ask) -> None:
    facts, _ = ask(caller="tasks/mail", resources=queue() | tried("1", "", responseStatus={"code": 7}))
    assert isinstance(facts.attempt, Absent)
