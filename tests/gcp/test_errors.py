from __future__ import annotations

from typing import Any

import pytest
import requests
from google.auth import exceptions as auth

from crauth_doctor.gcp.deadline import ATTEMPTS, Deadline, TimeIsUpError
from crauth_doctor.gcp.errors import GoogleApiError, read, retrying
from crauth_doctor.gcp.products import accounts, projects, run
from crauth_doctor.google_json import json_access as look
from crauth_doctor.google_json.json_access import TEXT_LIMIT
from crauth_doctor.model.fact import Absent, Fact, Known, Obstacle, Source, Unknown
from tests.patience import LIMIT

from .conftest import CHECKOUT, ORDERS, Open

HERE = Source("run.services.get", "//run.googleapis.com/x")
RUN = "run.googleapis.com/v2/"
CRM = "cloudresourcemanager.googleapis.com/"


def obstacle_of(fact: Fact[Any]) -> Unknown:
    assert isinstance(fact, Unknown), fact
    return fact


def faulty(opened: Open, **fault: Any) -> Fact[run.Deployed]:
    _, google = opened(faults=[{"match": RUN, **fault}])
    return run.service(google, ORDERS)


def test_what_is_there_is_known_and_what_is_not_is_absent(opened: Open) -> None:
    _, google = opened()
    assert isinstance(run.service(google, ORDERS), Known)
    assert isinstance(run.service(google, ORDERS + "x"), Absent)
    assert isinstance(accounts.account(google, "none@shop-prod.iam.gserviceaccount.com"), Absent)


def test_a_denied_read_is_unknown_and_names_the_permission(opened: Open) -> None:
    _, google = opened(
        operator={"principal": "user:dev@example.com", "lacks": ["run.services.get", "iam.serviceAccounts.get"]}
    )
    denied = obstacle_of(run.service(google, ORDERS))
    assert (denied.obstacle, denied.permission) == (Obstacle.FORBIDDEN, "run.services.get")
    assert denied.detail.startswith("Permission 'run.services.get' denied")
    assert obstacle_of(accounts.account(google, CHECKOUT)).permission == "iam.serviceAccounts.get"


def test_an_api_that_is_off_is_named_with_its_project(opened: Open) -> None:
    _, google = opened(disabledApis={"projects/shop-prod": ["run.googleapis.com", "iam.googleapis.com"]})
    for fact in (run.service(google, ORDERS), accounts.account(google, CHECKOUT)):
        disabled = obstacle_of(fact)
        assert disabled.obstacle is Obstacle.API_DISABLED
        assert "googleapis.com is not enabled in projects/123456789012" in disabled.detail


@pytest.mark.parametrize("status", [429, 503])
def test_a_short_trouble_is_waited_out(opened: Open, status: int) -> None:
    box, google = opened(faults=[{"match": RUN, "times": 2, "status": status}])
    assert isinstance(run.service(google, ORDERS), Known)
    assert [asked.status for asked in box.requests] == [status, status, 200]


def test_a_reset_connection_is_tried_again(opened: Open) -> None:
    assert isinstance(faulty(opened, reset=True), Known)


def test_a_lasting_trouble_is_given_up(opened: Open) -> None:
    box, google = opened(faults=[{"match": CRM, "times": 99, "status": 503}])
    fact = obstacle_of(projects.ancestry(google, "shop-prod"))
    assert (fact.obstacle, fact.detail[:4]) == (Obstacle.UNREACHABLE, "503:")
    assert len(box.requests) == ATTEMPTS


@pytest.mark.parametrize("status", [400, 500, 502])
def test_other_errors_are_not_tried_again(opened: Open, status: int) -> None:
    box, google = opened(faults=[{"match": RUN, "times": 9, "status": status}])
    assert obstacle_of(run.service(google, ORDERS)).obstacle is Obstacle.NOT_UNDERSTOOD
    assert len(box.requests) == 1


@pytest.mark.parametrize("status", [200, 403, 404])
def test_a_page_that_google_did_not_write_is_not_understood(opened: Open, status: int) -> None:
    page = "<html><style>p {color: red}</style><h1>Sign in to Hotel Wi-Fi</h1></html>"
    _, google = opened(
        faults=[{"match": RUN, "status": status, "body": page}, {"match": CRM, "status": status, "body": page}]
    )
    for fact in (run.service(google, ORDERS), projects.ancestry(google, "shop-prod")):
        unknown = obstacle_of(fact)
        assert unknown.obstacle is Obstacle.NOT_UNDERSTOOD
        assert "<" not in unknown.detail


@pytest.mark.parametrize("match", [RUN, CRM])
def test_an_answer_that_is_cut_off_is_tried_again(opened: Open, match: str) -> None:
    _, google = opened(faults=[{"match": match, "truncate": True}])
    assert isinstance(run.service(google, ORDERS), Known)
    assert isinstance(projects.ancestry(google, "shop-prod"), Known)


def test_an_answer_that_is_late_is_timed_out_within_the_deadline(opened: Open) -> None:
    _, google = opened(seconds=0.4, faults=[{"match": "*", "times": 9, "delay": 10 * LIMIT}])
    assert obstacle_of(run.service(google, ORDERS)).obstacle is Obstacle.TIMED_OUT
    assert obstacle_of(projects.ancestry(google, "shop-prod")).obstacle is Obstacle.TIMED_OUT


def test_after_the_deadline_nothing_is_sent(opened: Open) -> None:
    box, google = opened()
    late = google.within(0)
    assert obstacle_of(run.service(late, ORDERS)).obstacle is Obstacle.TIMED_OUT
    assert obstacle_of(projects.ancestry(late, "shop-prod")).obstacle is Obstacle.TIMED_OUT
    assert box.requests == []


def test_nobody_there_is_unreachable(opened: Open, nobody: str) -> None:
    _, google = opened()
    google.sandbox = f"http://{nobody}"
    assert obstacle_of(run.service(google, ORDERS)).obstacle is Obstacle.UNREACHABLE
    assert obstacle_of(projects.ancestry(google, "shop-prod")).obstacle is Obstacle.UNREACHABLE


def test_a_token_that_is_refused_is_no_credentials(opened: Open) -> None:
    _, google = opened()
    google.credentials.token = "ya29.stale-and-refused"
    for fact in (run.service(google, ORDERS), projects.ancestry(google, "shop-prod")):
        assert obstacle_of(fact).obstacle is Obstacle.NO_CREDENTIALS
        assert "ya29.stale" not in repr(fact)


def answer(status: int, document: dict[str, Any]) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made.headers["content-type"] = "application/json"
    made._content = __import__("json").dumps(document).encode()
    made.request = requests.Request("GET", "https://run.googleapis.com/v2/x").prepare()
    return made


def test_a_service_perimeter_is_told_with_its_id() -> None:
    violation = {"type": "VPC_SERVICE_CONTROLS", "description": "UID123"}
    error = {
        "code": 403,
        "message": "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: UID123",
        "status": "PERMISSION_DENIED",
        "details": [{"@type": "type.googleapis.com/google.rpc.PreconditionFailure", "violations": [violation]}],
    }

    def fetch() -> None:
        raise GoogleApiError(answer(403, {"error": error}))

    fact = obstacle_of(read(HERE, fetch))
    assert fact.obstacle is Obstacle.FORBIDDEN
    assert "VPC Service Controls forbid it (id UID123)" in fact.detail
    assert fact.permission is None


def test_a_refused_quota_project_asks_for_its_own_permission() -> None:
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "USER_PROJECT_DENIED", "metadata": {}}
    error = {"code": 403, "message": "Caller does not have required permission to use project x", "details": [info]}

    def fetch() -> None:
        raise GoogleApiError(answer(403, {"error": error}))

    assert obstacle_of(read(HERE, fetch)).permission == "serviceusage.services.use"


@pytest.mark.parametrize(
    ("error", "obstacle"),
    [
        (auth.RefreshError("invalid_grant: Token has been expired or revoked"), Obstacle.NO_CREDENTIALS),
        (auth.TransportError(requests.ConnectTimeout("slow")), Obstacle.TIMED_OUT),
        (auth.TransportError(requests.ConnectionError("refused")), Obstacle.UNREACHABLE),
        (requests.Timeout("slow"), Obstacle.TIMED_OUT),
        (TimeIsUpError("over"), Obstacle.TIMED_OUT),
        (ValueError("odd"), Obstacle.NOT_UNDERSTOOD),
        (KeyError("field"), Obstacle.NOT_UNDERSTOOD),
    ],
)
def test_every_family_of_exceptions_is_a_fact(error: Exception, obstacle: Obstacle) -> None:
    def fetch() -> None:
        raise error

    assert obstacle_of(read(HERE, fetch)).obstacle is obstacle


def test_no_detail_carries_a_credential() -> None:
    planted = [
        "ya29.a0AfH6SMBverysecret",
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "1//0gRefreshTokenOfSomebody",
        "hunter2hunter2",
    ]
    text = (
        f"Authorization: Bearer {planted[0]} and {planted[1]}; {{'refresh_token': '{planted[2]}', "
        f"'client_secret': '{planted[3]}'}} access_token={planted[0]}&x=1"
    )

    def fetch() -> None:
        raise auth.RefreshError(text)

    shown = repr(read(HERE, fetch))
    assert not [secret for secret in planted if secret in shown], shown


class Clock:
    """Time that passes only by waiting."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def test_pauses_never_pass_the_deadline() -> None:
    sent: list[float] = []
    clock = Clock()

    def send(seconds: float) -> None:
        sent.append(seconds)
        raise requests.ConnectionError("reset")

    with pytest.raises(requests.ConnectionError):
        retrying(Deadline(0.2, clock.now, clock.sleep), send)
    assert 0.075 <= clock.time < 0.2
    assert 2 <= len(sent) < ATTEMPTS


def test_google_may_ask_for_a_longer_pause(opened: Open) -> None:
    box, google = opened(faults=[{"match": RUN, "status": 503, "headers": {"retry-after": "1"}}])
    clock = Clock()
    google.deadline = Deadline(10, clock.now, clock.sleep)
    assert isinstance(run.service(google, ORDERS), Known)
    assert clock.time == 1
    assert len(box.requests) == 2


def test_the_door_shows_no_token(opened: Open) -> None:
    box, google = opened()
    assert box.operator_token not in repr(google)


def test_a_secret_at_the_end_of_what_is_kept_of_a_message_is_hidden_whole() -> None:
    text = "x" * (TEXT_LIMIT - 20) + " 4/0AXplantedCodeplantedCode"
    assert "planted" not in (look.text({"message": text}, "message") or "")
    assert "planted" not in "".join(look.texts({"messages": [text]}, "messages"))
