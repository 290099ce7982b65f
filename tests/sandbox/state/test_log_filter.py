"""The request log, and the part of the query language that is understood."""

from __future__ import annotations

from typing import Any

import pytest

from crauth_doctor.sandbox.state.log_filter import compile_filter

REFUSED = (
    "The request was not authenticated. Either allow unauthenticated invocations or set the proper Authorization "
    "header."
)
MORE = (
    " Read more at https://cloud.google.com/run/docs/securing/authenticating Additional troubleshooting documentation "
    "can be found at: https://cloud.google.com/run/docs/troubleshooting#unauthorized-client"
)
REQUESTS = 'logName="projects/shop-prod/logs/run.googleapis.com%2Frequests"'


def entries(shop: Any, filter_: str = "", **more: Any) -> Any:
    body = {"resourceNames": ["projects/shop-prod"], "filter": filter_, **more}
    answer = shop.api("logging.googleapis.com/v2/entries:list", "POST", json=body)
    assert answer.ok, answer.text
    return answer.json()


def test_every_decision_is_in_the_log(open_shop: Any, world: dict[str, Any]) -> None:
    shop = open_shop(world)
    shop.call("/a?b=c")
    shop.call("/a", headers={"Authorization": "Bearer x.y.z"})
    shop.invoke("/a", member="user:dev@example.com")
    shop.invoke("/a")
    shop.invoke("/healthz")
    shop.call("http://nobody-1.us-central1.run.app/")
    found = entries(shop, REQUESTS)["entries"]
    assert [each["httpRequest"]["status"] for each in found] == [403, 401, 403, 200]
    assert [each.get("textPayload") for each in found] == [
        f"{REFUSED} Empty Authorization header value.{MORE}",
        f"The request was not authorized to invoke this service. The access token could not be verified.{MORE}",
        f"{REFUSED} The IAM principal lacks {{run.routes.invoke}} permission.{MORE}",
        None,
    ]
    assert [each["severity"] for each in found] == ["WARNING"] * 3 + ["INFO"]
    assert found[0]["httpRequest"]["latency"] == "0s"
    assert found[3]["httpRequest"]["latency"] != "0s"
    assert found[0]["httpRequest"]["requestUrl"] == "https://orders-abc123-uc.a.run.app/a?b=c"
    assert found[0]["resource"]["labels"]["service_name"] == "orders"
    assert found[0]["timestamp"].startswith("2026-06-01T09:00:0")


def test_the_worlds_own_entries_are_listed_beside(open_shop: Any, world: dict[str, Any]) -> None:
    audit = {
        "logName": "projects/shop-prod/logs/cloudaudit.googleapis.com%2Factivity",
        "timestamp": "2026-05-31T09:00:00Z",
        "protoPayload": {"methodName": "google.cloud.run.v1.Services.SetIamPolicy"},
    }
    shop = open_shop(world | {"logs": [audit]})
    shop.call()
    assert len(entries(shop)["entries"]) == 2
    assert entries(shop, "protoPayload.methodName:SetIamPolicy")["entries"] == [audit]
    newest = entries(shop, orderBy="timestamp desc", pageSize=1)
    assert newest["entries"][0]["textPayload"]
    assert entries(shop, orderBy="timestamp desc", pageSize=1, pageToken=newest["nextPageToken"])["entries"] == [audit]


def test_logs_of_another_project_and_bad_filters_are_refused(shop: Any) -> None:
    url = "logging.googleapis.com/v2/entries:list"
    assert shop.api(url, "POST", json={"resourceNames": ["projects/other"]}).status_code == 403
    assert shop.api(url, "POST", json={"resourceNames": []}).status_code == 400
    bad = shop.api(url, "POST", json={"resourceNames": ["projects/shop-prod"], "filter": "a ="})
    assert bad.json()["error"]["status"] == "INVALID_ARGUMENT"


ENTRY = {
    "logName": "projects/p/logs/run.googleapis.com%2Frequests",
    "severity": "WARNING",
    "timestamp": "2026-06-01T09:00:00.123Z",
    "resource": {"type": "cloud_run_revision", "labels": {"service_name": "orders"}},
    "httpRequest": {"status": 403, "latency": "0.5s"},
    "labels": {"run.googleapis.com/x": "y"},
    "textPayload": "The request was not authenticated.",
    "protoPayload": {"authorizationInfo": [{"permission": "a.get"}, {"permission": "b.set", "granted": True}]},
}


@pytest.mark.parametrize(
    ("filter_", "fits"),
    [
        ("", True),
        ('resource.type="cloud_run_revision"', True),
        ("resource.type = CLOUD_RUN_REVISION", True),
        ('resource.type="k8s"', False),
        ('resource.type="cloud_run_revision" resource.labels.service_name="orders"', True),
        ('resource.type="cloud_run_revision"\nAND resource.labels.service_name="other"', False),
        ('resource.type="k8s" OR resource.labels.service_name="orders"', True),
        ("httpRequest.status=403", True),
        ("httpRequest.status>=500", False),
        ("httpRequest.status=(401 OR 403)", True),
        ("httpRequest.latency>0.4s", True),
        ("severity>=WARNING", True),
        ("severity>WARNING", False),
        ('timestamp>="2026-06-01T09:00:00Z"', True),
        ('timestamp<"2026-06-01T09:00:00Z"', False),
        ('timestamp>"2026-05-31"', True),
        ('textPayload:"not authenticated"', True),
        ("textPayload:*", True),
        ("jsonPayload:*", False),
        ('textPayload=~"^The request"', True),
        ('textPayload!~"^The request"', False),
        ('NOT textPayload:"x"', True),
        ('-textPayload:"request"', False),
        ('labels."run.googleapis.com/x"="y"', True),
        ('log_id("run.googleapis.com/requests")', True),
        ('log_id("other")', False),
        ('logName="projects/p/logs/run.googleapis.com/requests"', True),
        ('protoPayload.authorizationInfo.permission="b.set"', True),
        ("protoPayload.authorizationInfo.granted=true", True),
        ('(severity="ERROR" OR severity="WARNING") AND httpRequest.status!=404', True),
        ("-- a comment\nseverity=WARNING", True),
        ('"not authenticated"', True),
        ("elsewhere", False),
        ("httpRequest.status=(401 403)", False),
        ('textPayload:("request" AND "absent" OR "authenticated")', True),
        ("httpRequest.status>-5", True),
        ("NOT (severity=ERROR) -labels:nothing", True),
        ("ORDERS OR ANDROID", True),
    ],
)
def test_filters(filter_: str, fits: bool) -> None:
    assert compile_filter(filter_)(ENTRY) is fits


@pytest.mark.parametrize(
    "filter_",
    [
        "a =",
        "= a",
        "(a=b",
        "a=b)",
        "a=(b",
        "log_id(x)",
        "a >< b",
        'a="',
        "AND a=b",
        "a=()",
        "a=b OR",
        "a=NOT",
        'a=~"("',
    ],
)
def test_filters_that_are_not_understood(filter_: str) -> None:
    with pytest.raises(ValueError, match="Unparseable"):
        compile_filter(filter_)
