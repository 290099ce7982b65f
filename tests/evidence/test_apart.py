"""An answer, and the call that it belongs to further away in the text."""

from __future__ import annotations

import pytest

from crauth_doctor.evidence import read
from crauth_doctor.workflows.explain import explain

ROBOT = "<!DOCTYPE html>\n<html lang=en>\n  <meta charset=utf-8>\n  <title>Error 404 (Not Found)!!1</title>\n"
FAR = "\n".join(f"word {number}" for number in range(20))


@pytest.mark.parametrize(("path", "is_reserved"), [("/healthz", True), ("/items", False)])
def test_the_only_answer_is_that_of_the_only_call(path: str, is_reserved: bool) -> None:
    found = explain(f"It says\n\n{ROBOT}\n{FAR}\n\n$ curl -sS https://api.example.com{path}\n").diagnosis.cause
    assert (found is not None and found.rule == "reach/reserved-path") is is_reserved


def test_two_calls_leave_it_open() -> None:
    text = f"{ROBOT}\n{FAR}\n\n$ curl https://api.example.com/healthz\n$ curl https://api.example.com/other\n"
    found = explain(text).diagnosis
    assert found.cause is None
    assert "reach/reserved-path" in {each.rule for each in found.open}


@pytest.mark.parametrize("words", ["on api.example.com returned 404 in ~489ms", "at `api.example.com` -> HTTP 404"])
def test_a_host_that_stands_behind_its_path(words: str) -> None:
    (made,) = read(f"GET /healthz {words}\n").exchanges
    assert made.call is not None
    assert made.call.url == "https://api.example.com/healthz"


def test_a_prefix_of_terraforms_log() -> None:
    start = "2026-06-01T15:34:26.064-0800 [DEBUG] plugin.terraform-provider-google_v6.2.0_x5: "
    error = [
        "{",
        '  "error": {',
        '    "code": 403,',
        '    "message": "no",',
        '    "status": "PERMISSION_DENIED"',
        "  }",
        "}",
    ]
    assert [each.api for each in read("\n".join(start + line for line in error)).errors] == ["googleapis.com"]


def test_everybody_is_refused_and_no_call_is_shown() -> None:
    text = (
        "Error: Error setting IAM policy for cloudrunv2 service: googleapi: Error 400: One or more users named in the "
        "policy do not belong to a permitted customer,  perhaps due to an organization policy., failedPrecondition"
    )
    found = explain(text).diagnosis.cause
    assert found is not None
    assert found.rule == "iam/org-policy-blocks-public"
