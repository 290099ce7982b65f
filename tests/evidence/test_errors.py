# ruff: noqa: E501 - what programs print stands here as they print it
"""Errors are found by their sentences. Make their index anew with `python tests/evidence/test_errors.py`."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest
import yaml

import crauth_doctor
from crauth_doctor.evidence import read
from crauth_doctor.evidence.things import errors
from crauth_doctor.model.clienterror import ErrorFamily as Family
from crauth_doctor.model.finding import Stage
from crauth_doctor.model.secret import HIDDEN
from crauth_doctor.rules import ALL

ROOT = Path(crauth_doctor.__file__).parent


DATA = yaml.safe_load(
    resources.files("crauth_doctor.evidence.things").joinpath("sentences.yaml").read_text(encoding="utf-8")
)
ROWS = [(family, row) for family, of in DATA.items() for row in of["says"]]
CONSUMERS = [*(ROOT / "rules").glob("*.py"), *(ROOT / "answers").glob("*.py"), ROOT / "diagnosis" / "unjudged.py"]


FILE = ROOT / "evidence" / "things" / errors.INDEX


def index() -> str:
    """The index as the sentences have it now."""
    rows = [[family, row["text"], row["by"], bool(DATA[family].get("printed"))] for family, row in ROWS]
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n"


def test_the_index_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == index(), "run `python tests/evidence/test_errors.py`"


def test_a_family_has_its_stage_and_rules_that_use_it() -> None:
    used = "\n".join(path.read_text(encoding="utf-8") for path in CONSUMERS)
    ids = {cause.id for cause in ALL} | {"answers", "unjudged"}
    for name, of in DATA.items():
        assert of["stage"] in {stage.name.lower() for stage in Stage}, name
        assert of["used_by"], name
        assert set(of["used_by"]) <= ids, name
        assert f"ErrorFamily.{Family(name).name}" in used, f"no rule asks for {name}"
    assert {*DATA, "other"} == set(Family), "each family has its sentences"


def said(text: str) -> list[Family]:
    return [error.family for error in read(f"It says\n\n{text}\n").errors]


def test_a_message_is_shown_as_it_was_said() -> None:
    hidden = [
        row["example"] for _, row in ROWS if any(HIDDEN in piece.summary for piece in read(row["example"]).pieces)
    ]
    assert hidden == []


@pytest.mark.parametrize(("family", "row"), ROWS, ids=[row["text"] for _, row in ROWS])
def test_a_sentence_is_read_and_needed(family: str, row: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert row.keys() == {"text", "by", "source", "example"}
    assert row["source"].startswith("https://")
    assert said(row["example"]) == [Family(family)]
    without = tuple(each for each in errors.sentences() if each.text != row["text"])
    monkeypatch.setattr(errors, "sentences", lambda: without)
    assert said(row["example"]) != [Family(family)], "another sentence says the same"


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("google.auth.exceptions.RefreshError: Error getting ID token: {'error': {'code': 403, 'message': \"Permission 'iam.serviceAccounts.getOpenIdToken' denied on resource (or it may not exist).\"}}", Family.OPEN_ID_TOKEN_DENIED),
        ("HTTPSConnectionPool(host='a.run.app', port=443): Max retries exceeded (Caused by ConnectTimeoutError(timed out))", Family.TIMEOUT),
        ("Error: Getting metadata from plugin failed with error: invalid_grant: Robot is disabled.", Family.ACCOUNT_DISABLED),
        ('Signet::AuthorizationError: Authorization failed.  Server message: {"error": "invalid_grant", "error_description": "Robot is disabled."}', Family.ACCOUNT_DISABLED),
    ],
)  # fmt: skip
def test_sentences_within_others(text: str, family: Family) -> None:
    assert said(text) == [family]


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("403 IAM Service Account Credentials API has not been used in project 123456789012 before or it is disabled.", Family.ACCOUNT_DISABLED),
        ("RefreshError: ('unauthorized_client: Client is unauthorized to retrieve access tokens using this method.', {})", Family.STS_DENIED),
        ("I fear you don't have access there.", Family.IAP_NOT_AUTHORIZED),
        ("You don't have access to the project acme-prod.", Family.IAP_NOT_AUTHORIZED),
        ("RefreshError: ('Unable to acquire impersonated credentials', '{\"error\": {\"code\": 400, \"status\": \"INVALID_ARGUMENT\"}}')", Family.ACCESS_TOKEN_DENIED),
        ("GaxiosError: unable to impersonate: Error: INVALID_ARGUMENT: Request contains an invalid argument.", Family.ACCESS_TOKEN_DENIED),
    ],
)  # fmt: skip
def test_sentences_that_only_resemble_one(text: str, family: Family) -> None:
    assert family not in said(text)


def test_permission_resource_status_and_origin() -> None:
    text = "ERROR: (gcloud.auth.print-access-token) PERMISSION_DENIED: Permission 'iam.serviceAccounts.getAccessToken' denied on resource 'projects/-/serviceAccounts/a@p.iam.gserviceaccount.com' (or it may not exist)."
    error = read(text).errors[0]
    assert (error.permission, error.resource, error.origin, error.status) == (
        "iam.serviceAccounts.getAccessToken",
        "projects/-/serviceAccounts/a@p.iam.gserviceaccount.com",
        "gcloud",
        403,
    )


def test_a_message_that_was_broken_is_that_of_the_command_above() -> None:
    lines = (
        "PERMISSION_DENIED: Failed to impersonate\na@p.iam.gserviceaccount.com\n"
        "Permission 'iam.serviceAccounts.getAccessToken' denied on resource.\n"
    )
    (error,) = read(f"$ gcloud auth print-identity-token --impersonate-service-account=a@p\n\n{lines}").errors
    assert error.origin == "gcloud"
    (error,) = read(f"$ curl https://a.run.app\n{lines}").errors
    assert error.origin != "gcloud"


def test_the_json_of_an_api() -> None:
    body = {
        "error": {
            "code": 403,
            "message": "Permission 'iam.serviceAccounts.getOpenIdToken' denied on resource",
            "status": "PERMISSION_DENIED",
        }
    }
    error = read(f"generateIdToken gives\n{json.dumps(body, indent=2)}").errors[0]
    assert (error.family, error.status, error.permission) == (
        Family.OPEN_ID_TOKEN_DENIED,
        403,
        "iam.serviceAccounts.getOpenIdToken",
    )
    assert (
        read('{"error": "invalid_grant", "error_description": "Invalid JWT Signature."}').errors[0].family
        is Family.KEY_REJECTED
    )


def test_a_message_that_the_terminal_wrapped() -> None:
    text = "ERROR: (gcloud.auth.print-identity-token) Invalid account type\n for `--audiences`. Requires valid service account."
    assert [error.family for error in read(text).errors] == [Family.USER_AUDIENCE]


def test_traces_are_no_prose() -> None:
    text = 'Traceback (most recent call last):\n  File "/a.py", line 9, in <module>\n    x()\ngoogle.auth.exceptions.DefaultCredentialsError: Neither metadata server or valid service account credentials are found.\n'
    assert read(text).unrecognised == ((3, 3),)


@pytest.mark.parametrize(
    "text",
    [
        "We looked twice and there is no missing permission.",
        "See the docs on iam.allowedPolicyMemberDomains if you use it; we do not.",
        "run.managed.requireInvokerIam is not enforced in this organization.",
        "Either allow\nunauthenticated invocations or not.",
        "Our organization policy is fine.",
        "$ gcloud org-policies describe iam.allowedPolicyMemberDomains --project acme-dev --effective\n",
        "It lacks any special permission, I think.",
    ],
)
def test_a_mention_is_no_error(text: str) -> None:
    assert read(f"Hello,\n\n{text}\n\nThanks").errors == ()


@pytest.mark.parametrize(
    "text",
    [
        "FAILED_PRECONDITION: One or more users named in the policy do not belong to a permitted customer",
        "ERROR: (gcloud.run.services.add-iam-policy-binding) One or more users do not belong to a permitted customer.",
        "Error: Operation denied by org policy on resource 'projects/p': [constraints/run.allowedIngress]",
    ],
)
def test_an_errors_own_words_are(text: str) -> None:
    assert len(read(f"Hello,\n\n{text}\n\nThanks").errors) == 1


@pytest.mark.parametrize(
    ("text", "family"),
    [
        (
            '{"severity":"ERROR","message":"mint failed: Permission iam.serviceAccounts.getOpenIdToken denied on resource (or it may not exist)."}',
            Family.OPEN_ID_TOKEN_DENIED,
        ),
        (
            '{"level":"error","msg":"google.auth.exceptions.DefaultCredentialsError: Neither metadata server or valid service account credentials are found."}',
            Family.NO_ID_TOKEN_CREDENTIALS,
        ),
        (
            '{"level": 50, "req": {"id": 1}, "err": {"type": "Error", "message": "Permission iam.serviceAccounts.getOpenIdToken denied on resource"}}',
            Family.OPEN_ID_TOKEN_DENIED,
        ),
        (
            (
                '{"insertId": "a", "logName": "projects/p/logs/run.googleapis.com%2Fstderr", "resource": {"type": "cloud_run_revision"},'
                ' "jsonPayload": {"message": "Permission iam.serviceAccounts.getOpenIdToken denied on resource"}}'
            ),
            Family.OPEN_ID_TOKEN_DENIED,
        ),
        (
            (
                '{"insertId": "a", "logName": "projects/p/logs/run.googleapis.com%2Fstderr", "resource": {"type": "cloud_run_revision"},'
                ' "timestamp": "2026-06-01T08:55:30Z", "textPayload": "Neither metadata server or valid service account credentials are found."}'
            ),
            Family.NO_ID_TOKEN_CREDENTIALS,
        ),
    ],
)
def test_what_a_program_logs_as_json_is_read(text: str, family: Family) -> None:
    evidence = read(text)
    assert [each.family for each in evidence.errors] == [family]
    if "timestamp" in text:
        assert evidence.errors[0].at == 1780304130


@pytest.mark.parametrize(
    "text",
    [
        '{"openapi": "3.0.0", "description": "Permission iam.serviceAccounts.getOpenIdToken denied, when the caller may not"}',
        '{"message": "there is no missing permission"}',
        (
            '{"insertId": "a", "httpRequest": {"status": 403, "requestUrl": "https://a.run.app/"}, "logName": "projects/p/logs/run.googleapis.com%2Frequests",'
            ' "textPayload": "The request was not authenticated. The IAM principal lacks {run.routes.invoke} permission."}'
        ),
    ],
)
def test_other_texts_in_json_are_no_errors(text: str) -> None:
    assert read(text).errors == ()


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ('idtoken: unsupported credentials type: "external_account"', "external_account"),
        (
            'idtoken: unsupported credentials type: "external_account_authorized_user"',
            "external_account_authorized_user",
        ),
        ('idtoken: unsupported credentials type: "impersonated_service_account"', "impersonated_service_account"),
        ("Neither metadata server or valid service account credentials are found.", ""),
    ],
)
def test_the_type_of_credentials_that_a_message_names(text: str, type_: str) -> None:
    (found,) = read(text).errors
    assert (found.family, found.credentials_type) == (Family.NO_ID_TOKEN_CREDENTIALS, type_)


if __name__ == "__main__":
    FILE.write_text(index(), encoding="utf-8")
