# ruff: noqa: E501 - what programs print stands here as they print it
from __future__ import annotations

import json
from typing import Any

import pytest

from crauth_doctor.evidence import read
from crauth_doctor.model.clienterror import ErrorFamily as Family


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("google.auth.exceptions.DefaultCredentialsError: Neither metadata server or valid service account credentials are found.", Family.NO_ID_TOKEN_CREDENTIALS),
        ("Error: Cannot fetch ID token in this environment, use GCE or set the GOOGLE_APPLICATION_CREDENTIALS environment variable", Family.NO_ID_TOKEN_CREDENTIALS),
        ('idtoken: unsupported credentials type: "authorized_user"', Family.NO_ID_TOKEN_CREDENTIALS),
        ("ERROR: (gcloud.auth.print-identity-token) No identity token can be obtained from the current credentials.", Family.NO_ID_TOKEN_CREDENTIALS),
        ("The audience in ID Token [https://github.com/acme] does not match the expected audience.", Family.STS_DENIED),
        ("java.lang.ClassCastException: com.google.auth.oauth2.UserCredentials cannot be cast to com.google.auth.oauth2.IdTokenProvider", Family.NO_ID_TOKEN_CREDENTIALS),
        ("ERROR: (gcloud.auth.print-identity-token) Invalid account type for `--audiences`. Requires valid service account.", Family.USER_AUDIENCE),
        ("google.auth.exceptions.RefreshError: Error getting ID token: {'error': {'code': 403, 'message': \"Permission 'iam.serviceAccounts.getOpenIdToken' denied on resource (or it may not exist).\"}}", Family.OPEN_ID_TOKEN_DENIED),
        ("PERMISSION_DENIED: Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).", Family.ACCESS_TOKEN_DENIED),
        ('ERROR: (gcloud.scheduler.jobs.create.http) PERMISSION_DENIED: The principal lacks IAM permission "iam.serviceAccounts.actAs" for the resource "a@p.iam.gserviceaccount.com"', Family.ACT_AS_DENIED),
        ("google.auth.exceptions.RefreshError: ('invalid_grant: Invalid JWT Signature.', {'error': 'invalid_grant'})", Family.KEY_REJECTED),
        ("invalid_grant: Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values", Family.CLOCK),
        ("google.auth.exceptions.InvalidValue: Token used too early, 1 < 2. Check that your computer's clock is set correctly.", Family.CLOCK),
        ("invalid_grant: Invalid grant: account not found", Family.ACCOUNT_NOT_FOUND),
        ("Error 400: invalid_grant, Not found; Gaia id not found for email a@p.iam.gserviceaccount.com", Family.ACCOUNT_NOT_FOUND),
        ("ERROR: Service account a@p.iam.gserviceaccount.com is disabled.", Family.ACCOUNT_DISABLED),
        ("('invalid_grant: Bad Request', {'error': 'invalid_grant', 'error_description': 'Bad Request'})", Family.GRANT_INVALID),
        ("Reauthentication is needed. Please run `gcloud auth application-default login` to reauthenticate.", Family.REAUTH),
        ('metadata: GCE metadata "instance/service-accounts/default/identity?audience=x" not defined', Family.METADATA_NOT_DEFINED),
        ("google.auth.exceptions.TransportError: Failed to retrieve http://metadata.google.internal/computeMetadata/v1/instance from the Google Compute Engine metadata service.", Family.METADATA_UNREACHABLE),
        ("non-empty audience parameter required", Family.METADATA_NO_AUDIENCE),
        ("google.auth.exceptions.OAuthError: Error code unauthorized_client: The given credential is rejected by the attribute condition.", Family.STS_DENIED),
        ("google.auth.exceptions.DefaultCredentialsError: Your default credentials were not found. To set up Application Default Credentials", Family.NO_CREDENTIALS),
        ("requests.exceptions.ConnectTimeout: HTTPSConnectionPool(host='a.run.app', port=443): Max retries exceeded (Caused by ConnectTimeoutError(timed out))", Family.TIMEOUT),
        ("curl: (28) Failed to connect to a.run.app port 443 after 75000 ms", Family.TIMEOUT),
        ("curl: (6) Could not resolve host: a.run.app", Family.NAME_NOT_RESOLVED),
        ("Error: getaddrinfo ENOTFOUND a.run.app", Family.NAME_NOT_RESOLVED),
        ("dial tcp 10.0.0.1:443: connect: connection refused", Family.CONNECTION_FAILED),
        ("tls: failed to verify certificate: x509: certificate signed by unknown authority", Family.TLS),
        ("requests.exceptions.TooManyRedirects: Exceeded 30 redirects.", Family.TOO_MANY_REDIRECTS),
        ("Access to fetch at 'https://a/' from origin 'b' has been blocked by CORS policy: Response to preflight request doesn't pass access control check: It does not have HTTP ok status.", Family.CORS_PREFLIGHT_REFUSED),
        ("The 'Access-Control-Allow-Origin' header contains the invalid value 'a.web.app'.", Family.CORS_HEADER_WRONG),
        ("Access to fetch at 'https://a/' from origin 'b' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.", Family.CORS),
        ("Invalid IAP credentials: JWT audience doesn't match this application", Family.IAP_TOKEN),
        ("IAP for Cloud Run app is not set up correctly.Please follow the instructions", Family.IAP_NOT_SET_UP),
        ("The IAP service account is not provisioned.", Family.IAP_NOT_PROVISIONED),
        ("You don't have access", Family.IAP_NOT_AUTHORIZED),
        ("Error code 9: OAuth", Family.IAP_OAUTH_CLIENT),
        ("Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: UID", Family.SERVICE_PERIMETER),
        ("ERROR: (gcloud.run.deploy) FAILED_PRECONDITION: One or more users named in the policy do not belong to a permitted customer,  perhaps due to an organization policy.", Family.MEMBER_NOT_PERMITTED),
        ("Principals of type allUsers and allAuthenticatedUsers cannot be added to this resource", Family.MEMBER_NOT_PERMITTED),
        ("Hauptkonten vom Typ allUsers und allAuthenticatedUsers können dieser Ressource nicht hinzugefügt werden", Family.MEMBER_NOT_PERMITTED),
        ("invoker_iam_disabled is not currently available for your organization", Family.INVOKER_CHECK_REQUIRED),
        ("INVALID_ARGUMENT: Service account ghost@p.iam.gserviceaccount.com does not exist.", Family.MEMBER_MISSING),
        ('Setting IAM policy failed, try "gcloud beta run services add-iam-policy-binding"', Family.POLICY_NOT_SET),
        ('Error setting IAM policy for cloudfunctions2 function "projects/p/locations/r/functions/f": googleapi: Error 400: Invalid argument', Family.ROLE_NOT_SUPPORTED),
        ("409 ABORTED There were concurrent policy changes. Please retry the whole read-modify-write", Family.POLICY_CONFLICT),
        ("Operation denied by org policy on resource 'projects/p': [constraints/run.allowedIngress]", Family.ORG_POLICY),
        ("Cloud Run Admin API has not been used in project 1 before or it is disabled. Enable it by visiting", Family.API_DISABLED),
        ("Resource 'orders' of kind 'SERVICE' in region 'r' in project 'p' does not exist.", Family.NOT_FOUND),
        ("Permission 'run.services.get' denied on resource 'namespaces/p/services/orders' (or resource may not exist).", Family.PERMISSION_DENIED),
        ("JsonWebTokenError: invalid signature", Family.TOKEN_REFUSED_BY_APP),
        ("ValueError: Wrong number of segments in token", Family.TOKEN_REFUSED_BY_APP),
        ("grpc.RpcError: <StatusCode.UNIMPLEMENTED: 12>", Family.GRPC_STATUS),
        ("rpc error: code = Unauthenticated desc = x", Family.GRPC_STATUS),
    ],
)  # fmt: skip
def test_families(text: Any, family: Any) -> None:
    assert family in {error.family for error in read(f"It says\n\n{text}\n").errors}


def test_permission_resource_status_and_origin() -> None:
    text = "ERROR: (gcloud.run.services.describe) PERMISSION_DENIED: Permission 'run.services.get' denied on resource 'projects/p/locations/r/services/orders' (or resource may not exist)."
    error = read(text).errors[0]
    assert (error.permission, error.resource, error.origin, error.status) == (
        "run.services.get",
        "projects/p/locations/r/services/orders",
        "gcloud",
        403,
    )


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
    shown = " ".join(prose.text for prose in read(text).unrecognised)
    assert "Traceback" not in shown
    assert "File" not in shown


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
        "Error: Error 403: caller is missing permission on the resource",
        "rpc error: code = Unauthenticated desc = x",
        "UNAUTHENTICATED: no credentials",
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
