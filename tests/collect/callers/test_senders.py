from __future__ import annotations

from typing import Any

import pytest

from crauth_doctor.collect.unanswerable import UnanswerableError
from crauth_doctor.model.caller import CallerKind, Origin, Place
from crauth_doctor.model.exported import TokenSetting, TokenType
from crauth_doctor.model.fact import Absent, Known, Obstacle, Unknown
from crauth_doctor.model.facts import NOT_ASKED
from crauth_doctor.model.token import GOOGLE_ISSUERS, Token, TokenKind

from ..conftest import NUMBER, URL, Ask
from .scenes import MEMBER, SENDER, L, P, agent, member, oidc, policies, queue, scheduler, subscription, task, value

GOOGLE = Origin(Place.GOOGLE, "shop-prod")
KINDS: list[Any] = [
    pytest.param("scheduler/nightly", scheduler, "cloudscheduler", CallerKind.SCHEDULER, id="scheduler"),
    pytest.param(
        "tasks/mail", lambda *a, **k: queue() | task("1", *a, **k), "cloudtasks", CallerKind.TASKS, id="tasks"
    ),
    pytest.param("pubsub/push", subscription, "pubsub", CallerKind.PUBSUB, id="pubsub"),
]


def id_token(audience: str) -> Token:
    return Token(TokenKind.ID_TOKEN, audience, GOOGLE_ISSUERS[0], SENDER)


@pytest.mark.parametrize(("asked", "made", "product", "kind"), KINDS)
def test_one_that_works(ask: Ask, asked: str, made: Any, product: str, kind: CallerKind) -> None:
    facts, _ = ask(caller=asked, resources=made(f"{URL}/work?x=1"), iam=policies(product))
    assert value(facts.caller).kind is kind
    assert (member(facts), value(facts.origin)) == (MEMBER, GOOGLE)
    assert isinstance(facts.account, Known)
    assert value(facts.token) == id_token(URL)
    sending = value(facts.sending)
    assert (sending.target, sending.agent, sending.project) == (f"{URL}/work?x=1", agent(product), "shop-prod")
    assert sending.auth == TokenSetting(TokenType.OIDC, SENDER, URL)
    assert (value(facts.call).url, value(facts.call).method) == (f"{URL}/work?x=1", "POST")
    assert value(facts.calls).with_token.status == 200
    minting = value(facts.minting)
    assert [at.resource.rsplit("/", 1)[-1] for at in minting.chain] == [SENDER, "shop-prod", "77", "9"]


@pytest.mark.parametrize(("asked", "made", "product", "kind"), KINDS)
def test_an_audience_left_out_is_the_whole_target(
    ask: Ask, asked: str, made: Any, product: str, kind: CallerKind
) -> None:
    facts, _ = ask(caller=asked, resources=made(f"{URL}/work?x=1", **oidc(None)), iam=policies(product))
    assert value(facts.caller).kind is kind
    assert value(facts.token) == id_token(f"{URL}/work?x=1")
    assert value(facts.minted).audience == f"{URL}/work?x=1"
    assert value(facts.calls).with_token.status == 401


@pytest.mark.parametrize(("asked", "made", "product", "kind"), KINDS)
def test_without_a_token_nobody_arrives(ask: Ask, asked: str, made: Any, product: str, kind: CallerKind) -> None:
    facts, _ = ask(caller=asked, resources=made(f"{URL}/work", headers={"a": "b"}), iam=policies(product))
    assert value(facts.caller).kind is kind
    assert value(facts.sending).auth == TokenSetting(TokenType.NONE)
    for fact in (facts.token, facts.principal, facts.minting, facts.minted):
        assert isinstance(fact, Absent)
    assert "no token is set" in str(facts.token)


@pytest.mark.parametrize(("asked", "made", "product", "kind"), KINDS[:2])
def test_an_access_token(ask: Ask, asked: str, made: Any, product: str, kind: CallerKind) -> None:
    facts, _ = ask(caller=asked, resources=made(URL, oauthToken={"serviceAccountEmail": SENDER}), iam=policies(product))
    assert value(facts.caller).kind is kind
    assert value(facts.token) == Token(TokenKind.ACCESS_TOKEN, email=SENDER)
    facts, _ = ask(caller=asked, resources=made(URL, oauthToken={"serviceAccountEmail": SENDER}), audience=URL)
    assert value(facts.token).kind is TokenKind.ACCESS_TOKEN


LISTS = {"scheduler": "cloudscheduler.jobs", "tasks": "cloudtasks.queues", "pubsub": "pubsub.subscriptions"}


@pytest.mark.parametrize(("asked", "made", "product", "kind"), KINDS)
def test_what_may_not_be_read(ask: Ask, asked: str, made: Any, product: str, kind: CallerKind) -> None:
    permission = f"{LISTS[kind]}.get"
    lacks = {"operator": {"principal": "user:dev@example.com", "lacks": [permission]}}
    facts, _ = ask(caller=asked, resources=made(), iam=policies(product), world=lacks)
    for fact in (facts.principal, facts.token, facts.sending, facts.minting):
        assert isinstance(fact, Unknown)
        assert fact.permission == permission
    assert value(facts.origin) == GOOGLE
    assert isinstance(facts.service, Known)
    assert value(facts.call).url == f"{URL}/"


@pytest.mark.parametrize(("asked", "made", "product", "kind"), KINDS)
def test_what_does_not_exist(ask: Ask, asked: str, made: Any, product: str, kind: CallerKind) -> None:
    del made, product
    facts, _ = ask(caller=f"{asked}x")
    assert value(facts.caller).kind is kind
    for fact in (facts.principal, facts.token, facts.sending, facts.minting, facts.origin):
        assert isinstance(fact, Unknown)
        assert fact.obstacle is Obstacle.NOT_TOLD
        assert "there is no" in fact.detail


def test_an_api_that_is_off(ask: Ask) -> None:
    facts, _ = ask(
        caller="scheduler/nightly", world={"disabledApis": {"projects/shop-prod": ["cloudscheduler.googleapis.com"]}}
    )
    assert isinstance(facts.principal, Unknown)
    assert facts.principal.obstacle is Obstacle.API_DISABLED


@pytest.mark.parametrize(
    "name",
    [
        f"{L}/jobs/nightly",
        f"//cloudscheduler.googleapis.com/{L}/jobs/nightly",
        f"{L}/jobs/nightly".replace("shop-prod", NUMBER),
    ],
)
def test_full_names(ask: Ask, name: str) -> None:
    facts, _ = ask(caller=f"scheduler/{name}", resources=scheduler(), iam=policies("cloudscheduler"))
    assert (member(facts), value(facts.origin)) == (MEMBER, GOOGLE)


def test_another_region_is_searched_and_two_are_a_question(ask: Ask) -> None:
    far = "projects/shop-prod/locations/europe-west1/jobs/nightly"
    facts, _ = ask(caller="scheduler/nightly", resources=scheduler(name=far))
    assert value(facts.caller).resource == f"//cloudscheduler.googleapis.com/{far}"
    facts, _ = ask(caller="scheduler/nightly", resources=scheduler(name=far) | scheduler())
    assert value(facts.caller).resource == f"//cloudscheduler.googleapis.com/{L}/jobs/nightly"
    further = far.replace("europe-west1", "asia-east1")
    with pytest.raises(UnanswerableError) as raised:
        ask(caller="scheduler/nightly", resources=scheduler(name=far) | scheduler(name=further))
    assert raised.value.choices == (f"scheduler/{further}", f"scheduler/{far}")


def test_regions_that_cannot_be_listed(ask: Ask) -> None:
    lacks = {"operator": {"principal": "user:dev@example.com", "lacks": ["cloudscheduler.locations.list"]}}
    far = "cloudscheduler.googleapis.com/v1/projects/shop-prod/locations/europe-west1/jobs"
    for world in (lacks, {"faults": [{"match": far, "times": 9, "status": 403}]}):
        facts, _ = ask(caller="scheduler/nightly", world=world)
        assert isinstance(facts.principal, Unknown)
        assert facts.principal.obstacle is Obstacle.FORBIDDEN
        assert f"there is no scheduler job {L}/jobs/nightly, and other regions could not be" in facts.principal.detail


@pytest.mark.parametrize("asked", ["scheduler/nightly", "tasks/mail"])
def test_a_region_that_the_product_does_not_have(ask: Ask, asked: str) -> None:
    """Neither product is offered everywhere that Cloud Run is: 400 there says that nothing is there."""
    product, collection = ("cloudscheduler", "jobs") if "nightly" in asked else ("cloudtasks", "queues")
    here = f"projects/shop-prod/locations/us-central1/{collection}/{asked.partition('/')[2]}"
    version = "v1" if product == "cloudscheduler" else "v2"
    body = """{"error": {"code": 400, "status": "INVALID_ARGUMENT",
        "message": "Location 'us-central1' is not a valid location. Use ListLocations to list valid locations."}}"""
    headers = {"content-type": "application/json"}
    fault = {"match": f"{product}.googleapis.com/{version}/{here}", "status": 400, "body": body, "headers": headers}
    far = here.replace("us-central1", "europe-west1")
    made = scheduler(name=far) if collection == "jobs" else queue(far, **oidc())
    facts, _ = ask(caller=asked, resources=made, world={"faults": [fault | {"times": 9}]})
    assert value(facts.caller).resource == f"//{product}.googleapis.com/{far}"
    assert member(facts) == MEMBER
    gone, box = ask(caller=asked, world={"faults": [fault | {"times": 9}]})
    assert isinstance(gone.principal, Unknown)
    assert gone.principal.obstacle is Obstacle.NOT_TOLD
    assert not [one for one in box.requests if "/locations/-/" in one.path and one.host.startswith(product)]


def test_a_sender_in_another_project(ask: Ask) -> None:
    other = "projects/ops/locations/us-central1/jobs/nightly"
    there = "//cloudresourcemanager.googleapis.com/projects/ops"
    resources = scheduler(name=other) | {there: {"name": "projects/99", "projectId": "ops"}}
    facts, _ = ask(caller=f"scheduler/{other}", resources=resources)
    assert value(facts.origin).project == value(facts.sending).project == "ops"
    assert value(facts.sending).agent == "serviceAccount:service-99@gcp-sa-cloudscheduler.iam.gserviceaccount.com"


@pytest.mark.parametrize(
    ("target", "does"),
    [
        ({"pubsubTarget": {"topicName": f"{P}/topics/t"}}, f"publishes to {P}/topics/t"),
        ({"appEngineHttpTarget": {"relativeUri": "/x"}}, "calls App Engine"),
    ],
)
def test_a_job_that_calls_no_url(ask: Ask, target: dict[str, Any], does: str) -> None:
    name = f"{L}/jobs/nightly"
    resources = {f"//cloudscheduler.googleapis.com/{name}": {"name": name, **target}}
    facts, _ = ask(caller="scheduler/nightly", resources=resources)
    assert isinstance(facts.principal, Unknown)
    assert does in facts.principal.detail
    assert value(facts.sending).auth is None
    assert facts.token == NOT_ASKED


def test_a_subscription_that_is_pulled_from(ask: Ask) -> None:
    name = f"{P}/subscriptions/push"
    facts, _ = ask(caller="pubsub/push", resources={f"//pubsub.googleapis.com/{name}": {"name": name}})
    assert isinstance(facts.principal, Unknown)
    assert "pushes nothing" in facts.principal.detail


@pytest.mark.parametrize(
    ("question", "url", "method"),
    [
        ({}, f"{URL}/run?full=1", "POST"),
        ({"path": "/run"}, f"{URL}/run?full=1", "POST"),
        ({"path": "/other"}, f"{URL}/other", "POST"),
        ({"url": "https://orders.example.com/a"}, "https://orders.example.com/a", "GET"),
        ({"method": "PUT"}, f"{URL}/run?full=1", "PUT"),
    ],
)
def test_what_is_called(ask: Ask, question: dict[str, Any], url: str, method: str) -> None:
    facts, _ = ask(caller="scheduler/nightly", resources=scheduler(f"{URL}/run?full=1"), **question)
    assert (value(facts.call).url, value(facts.call).method) == (url, method)


def test_a_test_call_does_not_do_what_the_job_does(ask: Ask) -> None:
    job = {"httpMethod": "GET", **oidc()}
    _, box = ask(caller="scheduler/nightly", resources=scheduler(f"{URL}/charge", **job))
    assert {one.path for one in box.requests if one.host.endswith(".run.app")} == {"/"}
    _, box = ask(caller="scheduler/nightly", resources=scheduler(f"{URL}/charge", **job), path="/charge")
    assert {one.path for one in box.requests if one.host.endswith(".run.app")} == {"/charge"}


def test_no_body_of_a_task_is_kept(ask: Ask) -> None:
    facts, _ = ask(caller="tasks/mail", resources=queue() | task())
    assert "c2VjcmV0" not in repr(facts)


class TestAttempts:
    """What already happened, where the product tells it."""

    def job(self, **more: Any) -> dict[str, Any]:
        made = scheduler(f"{URL}/run")
        made[f"//cloudscheduler.googleapis.com/{L}/jobs/nightly"] |= more
        return made

    @pytest.mark.parametrize(
        ("status", "told"),
        [
            ({}, (0, None)),
            ({"code": 7}, (7, None)),
            ({"code": 16, "message": "UNAUTHENTICATED(16): HTTP status code 401"}, (16, 401)),
            ({"code": "x"}, (None, None)),
        ],
    )
    def test_the_last_run_of_a_job(self, ask: Ask, status: dict[str, Any], told: tuple[Any, ...]) -> None:
        at = "2026-06-01T08:00:00.1Z"
        facts, _ = ask(caller="scheduler/nightly", resources=self.job(lastAttemptTime=at, status=status))
        found = value(facts.attempt)
        assert (found.at, found.code, found.http_status) == (at, *told)

    def test_a_job_that_never_ran(self, ask: Ask) -> None:
        facts, _ = ask(caller="scheduler/nightly", resources=self.job(status={"code": 7}))
        assert isinstance(facts.attempt, Absent)

    def test_a_job_that_may_not_be_read(self, ask: Ask) -> None:
        lacks = {"operator": {"principal": "user:dev@example.com", "lacks": ["cloudscheduler.jobs.get"]}}
        facts, _ = ask(caller="scheduler/nightly", resources=self.job(), world=lacks)
        assert isinstance(facts.attempt, Unknown)

    def test_a_caller_of_another_kind(self, ask: Ask) -> None:
        assert isinstance(ask()[0].attempt, Absent)
