"""A service's ingress decides, also where no more than a part of the service is shown, and nobody says who calls."""

from __future__ import annotations

import pytest

from crauth_doctor.model.asks.said import Said
from crauth_doctor.model.finding import Conclusion, Stage, Verdict
from crauth_doctor.workflows.explain import explain

URL = "https://orders-uvb3o4q2mq-an.a.run.app/hello"
REFUSED = f"""
requests.exceptions.HTTPError: 404 Client Error: Not Found for url: {URL}

<html><head>
<meta http-equiv="content-type" content="text/html;charset=utf-8">
<title>404 Page not found</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: Page not found</h1>
<h2>The requested URL was not found on this server.</h2>
<h2></h2>
</body></html>
"""
DEPLOY = "$ gcloud run deploy orders --image=IMAGE --ingress={} --no-allow-unauthenticated --region=asia-northeast1\n"
DESCRIBED = """\
$ gcloud run services describe orders --region asia-northeast1
✔ Service orders in region asia-northeast1

URL:     https://orders-uvb3o4q2mq-an.a.run.app
Ingress: {}
Traffic:
  100% LATEST (currently orders-00001-abc)
"""


@pytest.mark.parametrize(("shown", "conclusion"), [(DEPLOY, Conclusion.LIKELY), (DESCRIBED, Conclusion.EXPECTED)])
def test_a_call_that_internal_ingress_refuses_came_from_outside(shown: str, conclusion: Conclusion) -> None:
    diagnosis = explain(shown.format("internal") + REFUSED).diagnosis
    assert diagnosis.cause is not None
    assert (diagnosis.cause.rule, diagnosis.conclusion) == ("ingress/outside-vpc", conclusion)


@pytest.mark.parametrize("shown", [DEPLOY, DESCRIBED])
def test_ingress_that_lets_everything_in_refuses_nothing(shown: str) -> None:
    diagnosis = explain(shown.format("all") + REFUSED).diagnosis
    assert diagnosis.cause is None
    assert not {"ingress/outside-vpc", "ingress/none"} & {one.rule for one in diagnosis.open}


def test_what_a_command_asks_for_is_said_to_be_taken_for_granted() -> None:
    diagnosis = explain(DEPLOY.format("internal") + REFUSED).diagnosis
    assert diagnosis.cause is not None
    assert diagnosis.cause.finding is not None
    assert diagnosis.cause.finding.assuming == ("what the files that you gave request is what is in effect",)


@pytest.mark.parametrize("shown", [DEPLOY, DESCRIBED])
def test_a_refusal_that_ingress_gives_no_more_does_not_name_it(shown: str) -> None:
    diagnosis = explain(f"{shown.format('internal')}\n403 Client Error: Forbidden for url: {URL}\n").diagnosis
    assert diagnosis.cause is None
    assert {"iam/missing-invoker", "ingress/outside-vpc"} <= {one.rule for one in diagnosis.open}


def test_a_setting_alone_is_no_call_that_came_from_outside() -> None:
    error = "google.auth.exceptions.RefreshError: no answer\n"
    assert explain(DESCRIBED.format("internal") + error).diagnosis.cause is None


def test_a_policy_that_was_not_read_shows_no_missing_binding() -> None:
    asked = "$ gcloud run deploy orders --region=asia-northeast1 --allow-unauthenticated\n"
    cause = explain(DESCRIBED.format("all") + asked + REFUSED.replace("404", "403")).diagnosis.cause
    assert cause is None or cause.finding is None or "allUsers has no invoking role on it" not in cause.finding.because


CURL = f"""
$ curl -i -H "Authorization: Bearer $(gcloud auth print-identity-token)" {URL}
HTTP/2 %d
content-type: text/html; charset=UTF-8

"""
PAGE_404 = REFUSED[REFUSED.index("<html>") :]
PAGE_403 = PAGE_404.replace("404 Page not found", "403 Forbidden").replace("Page not found", "Forbidden")
PAGE_403 = PAGE_403.replace(
    "The requested URL was not found on this server.",
    "Your client does not have permission to get URL <code>/hello</code> from this server.",
)


def test_no_cause_is_supposed_where_a_setting_stops_calls_that_the_answer_passed() -> None:
    diagnosis = explain(DESCRIBED.format("none") + CURL % 403 + PAGE_403).diagnosis
    assert diagnosis.cause is None
    assert "iam/missing-invoker" in {one.rule for one in diagnosis.open}
    assert any(step.stage is Stage.INGRESS and step.verdict is Verdict.BLOCKS for step in diagnosis.steps)


@pytest.mark.parametrize("shown", [DEPLOY, DESCRIBED])
def test_a_call_by_hand_does_not_tell_where_the_caller_calls_from(shown: str) -> None:
    diagnosis = explain(shown.format("internal") + CURL % 404 + PAGE_404).diagnosis
    assert diagnosis.cause is None
    assert {"ingress/outside-vpc", "ingress/private-ranges-only"} <= {one.rule for one in diagnosis.open}


CALLER = "$ gcloud run deploy web --image=IMAGE --region=asia-northeast1 {}\n"


@pytest.mark.parametrize(
    ("flags", "cause"),
    [
        ("--vpc-connector=main --vpc-egress=private-ranges-only", "ingress/private-ranges-only"),
        ("--network=main --subnet=main --vpc-egress private-ranges-only", "ingress/private-ranges-only"),
        ("--network=main --subnet=main --vpc-egress=all-traffic", None),
        ("--vpc-connector=main", None),  # what the deploy does not say stays as it was
    ],
)
def test_the_way_that_a_deploy_of_the_caller_asks_for(flags: str, cause: str | None) -> None:
    diagnosis = explain(DEPLOY.format("internal") + CALLER.format(flags) + REFUSED).diagnosis
    assert (diagnosis.cause.rule if diagnosis.cause else None) == cause
    if diagnosis.cause is not None and diagnosis.cause.finding is not None:
        assert "the other workload that you gave makes this call" in diagnosis.cause.finding.assuming


BY_HAND = f"$ curl -i {URL}\nHTTP/2 404\nserver: Google Frontend\n\n<title>404 Page not found</title>\n"


def test_of_a_call_by_hand_its_network_is_asked_for_and_not_the_ingress_that_is_shown() -> None:
    paste = DEPLOY.format("internal") + BY_HAND
    asked = {each.fact for each in explain(paste).diagnosis.asks}
    assert "network" in asked
    assert "ingress" not in asked
    told = explain(paste, Said((("network", "internet"),))).diagnosis
    assert told.cause is not None
    assert told.cause.rule == "ingress/outside-vpc"
