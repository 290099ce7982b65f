"""Code with the right audience in it, whatever the names hold."""

from __future__ import annotations

import ast
import inspect
import json
import re
import shlex
import shutil
import subprocess
from dataclasses import replace
from importlib.metadata import version

import pytest
import yaml

from crauth_doctor.fixes.snippets import (
    AS_GIVEN,
    DECLARED,
    FUNCTION,
    LANGUAGES,
    OWN_URL,
    UNBINDS,
    Wiring,
    audience_for,
    snippet,
)
from crauth_doctor.model.run import Service

OWN = "https://orders-123456789012.us-central1.run.app"
HASHED = "https://orders-abc123-uc.a.run.app"
FUNCTION_URL = "https://us-central1-shop-prod.cloudfunctions.net/orders"
NAME = "projects/shop-prod/locations/us-central1/services/orders"
ACCOUNT = "checkout@shop-prod.iam.gserviceaccount.com"
JOB = "//cloudscheduler.googleapis.com/projects/shop-prod/locations/europe-west1/jobs/nightly"
WIRING = Wiring(f"{OWN}/v1/items", OWN, service=f"//run.googleapis.com/{NAME}", account=ACCOUNT)
HOSTILE = "https://x.run.app/\"'`$(id)${id}#{id}\\"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_audience_and_its_reason_once(language: str) -> None:
    code = snippet(language, WIRING)
    assert code.endswith("\n")
    assert not code.endswith("\n\n")
    assert code.lower().count("audience by itself") + code.count("The audience is") + code.count("Additive") == 1
    if language not in {"terraform", "eventarc"}:
        assert re.search(rf"{re.escape(OWN)}(?![/\w])", code), code
    assert not re.search(r"(?i)(print|log|echo|puts)\W[^\n]*token", code)
    assert max(len(line) for line in code.splitlines() if "metadata.google" not in line) <= 90


@pytest.mark.parametrize(
    ("url", "audience", "reason"),
    [
        (OWN, OWN, OWN_URL),
        (f"{OWN}/v1/items?q=1", OWN, OWN_URL),
        (HASHED, HASHED, OWN_URL),
        ("https://canary---orders-123456789012.us-central1.run.app", OWN, OWN_URL),
        ("https://api.example.com/v1", "https://api.example.com", DECLARED),
        ("https://undeclared.example.com", OWN, OWN_URL),
        (FUNCTION_URL, FUNCTION_URL, FUNCTION),
        (f"{FUNCTION_URL}/v1", FUNCTION_URL, FUNCTION),
        ("https://us-central1-shop-prod.cloudfunctions.net/other", OWN, OWN_URL),
        ("", OWN, OWN_URL),
    ],
)
def test_the_right_audience(url: str, audience: str, reason: str) -> None:
    service = Service(NAME, (OWN, HASHED), custom_audiences=("orders", "https://api.example.com", FUNCTION_URL))
    assert audience_for(service, url) == (audience, reason)
    assert service.accepts_audience(audience)


@pytest.mark.parametrize("language", ["python", "python-httpx", "grpc"])
def test_python_is_python(language: str) -> None:
    tree = ast.parse(snippet(language, Wiring(HOSTILE, HOSTILE)))
    constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert HOSTILE in constants


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_node_is_javascript() -> None:
    code = snippet("node", Wiring(HOSTILE, HOSTILE))
    done = subprocess.run(
        ["node", "--input-type=module", "--check"], input=code, capture_output=True, text=True, timeout=50, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.dumps(HOSTILE) in code


@pytest.mark.parametrize("language", [name for name, kind in LANGUAGES.items() if kind == "sh"])
@pytest.mark.parametrize("resource", ["", JOB])
def test_shell_is_shell(language: str, resource: str) -> None:
    wiring = Wiring(HOSTILE, HOSTILE, service=WIRING.service, account="a b'c@d", resource=resource, impersonate=True)
    code = snippet(language, wiring)
    assert subprocess.run(["bash", "-n"], input=code, text=True, check=False, timeout=20).returncode == 0
    if language not in {"curl", "eventarc"}:
        assert f"--oidc-token-audience={HOSTILE}" in shlex.split(code, comments=True) or (
            f"--push-auth-token-audience={HOSTILE}" in shlex.split(code, comments=True)
        )


def test_yaml_is_yaml() -> None:
    [call, _] = yaml.safe_load(snippet("workflows", Wiring(HOSTILE, HOSTILE)))
    args = call["call_service"]["args"]
    assert args == {"url": HOSTILE, "auth": {"type": "OIDC", "audience": HOSTILE}}


def test_php_and_ruby_read_nothing_into_a_name() -> None:
    single = "'" + HOSTILE.replace("\\", "\\\\").replace("'", "\\'") + "'"
    for language in ("php", "ruby"):
        assert single in snippet(language, Wiring(HOSTILE, HOSTILE))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_break_gets_into_code(language: str) -> None:
    with pytest.raises(ValueError, match="characters"):
        snippet(language, Wiring("https://x\nrm -rf /", OWN))
    with pytest.raises(ValueError, match="characters"):
        snippet(language, Wiring(OWN, OWN, account="a\u202eb"))


def test_what_is_there_is_updated_and_what_is_not_is_created() -> None:
    there = snippet("scheduler", Wiring(OWN, OWN, service=WIRING.service, account=ACCOUNT, resource=JOB))
    assert "jobs update http nightly" in there
    assert "--location=europe-west1" in there
    assert "--schedule" not in there
    new = snippet("scheduler", WIRING)
    assert "jobs create http JOB" in new
    assert "--location=us-central1" in new
    subscription = "//pubsub.googleapis.com/projects/shop-prod/subscriptions/s"
    assert "modify-push-config s " in snippet("pubsub", Wiring(OWN, OWN, resource=subscription))


def test_terraform_is_additive_and_never_public() -> None:
    code = snippet("terraform", WIRING)
    assert 'resource "google_cloud_run_v2_service_iam_member"' in code
    assert not re.search(r'resource "\w+_iam_(binding|policy)"', code)
    for member in ("allUsers", "allAuthenticatedUsers"):
        with pytest.raises(ValueError, match="everybody"):
            snippet("terraform", Wiring(OWN, OWN, member=member))


def test_an_audience_as_given_says_so() -> None:
    assert "as it was given" in snippet("go", Wiring(OWN, "other", AS_GIVEN))


@pytest.mark.parametrize("language", sorted(UNBINDS))
def test_an_agent_asks_for_a_token_that_is_not_bound(language: str) -> None:
    marks = ("bind_id_token=False", "BIND_ID_TOKEN_FALSE")
    code = snippet(language, replace(WIRING, unbound=True))
    assert sum(code.count(mark) for mark in marks) == 1
    assert max(len(line) for line in code.splitlines()) <= 90
    if language != "java":
        ast.parse(code)
    assert not any(mark in snippet(language, WIRING) for mark in marks)


@pytest.mark.skipif(version("google-auth").split(".") < ["2", "63"], reason="an older library binds no tokens")
def test_googles_library_knows_what_the_code_for_an_agent_asks_for() -> None:
    from google.oauth2 import id_token

    for function in (id_token.fetch_id_token, id_token.fetch_id_token_credentials):
        assert "bind_id_token" in inspect.signature(function).parameters
