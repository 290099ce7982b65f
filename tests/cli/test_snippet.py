"""`snippet`: what it prints, and that what it prints works."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from crauth_doctor.cli.commands.snippet import LANGUAGES
from crauth_doctor.fixes import snippets
from crauth_doctor.sandbox import Sandbox, parse_world, serve
from tests.cli.conftest import small_world
from tests.gcloud_parser import GcloudParser

Run = Callable[..., Any]

WHERE = ("--project", "shop-prod", "--region", "us-central1")
GOOD = "good@shop-prod.iam.gserviceaccount.com"
URL = "https://orders-123456789012.us-central1.run.app"
NODE_MODULES = Path(os.environ.get("NODE_PATH") or Path(__file__).parents[2] / "node_modules")


def test_the_languages_are_those_that_there_are() -> None:
    assert tuple(snippets.LANGUAGES) == LANGUAGES


def test_code_for_a_service(run: Run, world: str) -> None:
    ran = run("--world", world, "snippet", "orders", *WHERE, "--lang", "go", "--path", "/v1")
    assert ran.status == 0
    assert f'const audience = "{URL}"' in ran.out
    assert f'const url = "{URL}/v1"' in ran.out
    assert ran.err == ""


def test_as_json(run: Run, world: str) -> None:
    asked = ("--lang", "terraform", "--caller", "run/checkout", "--format", "json")
    ran = run("--world", world, "snippet", "orders", *WHERE, *asked)
    report = json.loads(ran.out)
    assert (report["schema"], report["language"], report["audience"]) == (1, "terraform", URL)
    assert "serviceAccount:checkout@shop-prod.iam.gserviceaccount.com" in report["code"]


def test_without_a_language_the_choices_are_named(run: Run, world: str) -> None:
    ran = run("--world", world, "snippet", "orders", *WHERE, "--caller", "run/checkout")
    assert ran.status == 2
    assert "python, python-httpx, node" in ran.err


def test_the_caller_chooses_the_language(run: Run, tmp_path: Path) -> None:
    document = small_world()
    document["resources"]["//cloudscheduler.googleapis.com/projects/shop-prod/locations/us-central1/jobs/nightly"] = {
        "httpTarget": {"uri": f"{URL}/run", "httpMethod": "POST", "oidcToken": {"serviceAccountEmail": GOOD}},
    }
    file = tmp_path / "scheduler.yaml"
    file.write_text(json.dumps(document))
    ran = run("--world", str(file), "snippet", "orders", *WHERE, "--caller", "scheduler/nightly")
    assert ran.status == 0, ran.err
    assert "gcloud scheduler jobs update http nightly" in ran.out
    assert f"--oidc-service-account-email={GOOD}" in ran.out
    assert f"--oidc-token-audience={URL}\n" in ran.out
    assert f"--uri={URL}/run " in ran.out
    other = run("--world", str(file), "snippet", "checkout", *WHERE, "--caller", "scheduler/nightly")
    assert "--uri=https://checkout-123456789012.us-central1.run.app/ " in other.out
    moved = run("--world", str(file), "snippet", "orders", *WHERE, "--caller", "scheduler/nightly", "--path", "/v2")
    assert f"--uri={URL}/v2 " in moved.out


def test_an_identity_is_told_how_to_run_it_off_google_cloud(run: Run, world: str) -> None:
    asked = ("--world", world, "snippet", "orders", *WHERE, "--caller", GOOD, "--lang", "node")
    told = run(*asked).err
    assert f"--impersonate-service-account={GOOD}" in told
    assert "GOOGLE_APPLICATION_CREDENTIALS" not in told, "Node finds the file by itself"
    assert "export GOOGLE_APPLICATION_CREDENTIALS=" in run(*asked[:-1], "python").err
    assert run(*asked, "--quiet").err == ""


def test_offline(run: Run) -> None:
    ran = run("snippet", "--audience", URL, "--lang", "python", "--path", "/v1")
    assert ran.status == 0
    assert f'URL = "{URL}/v1"' in ran.out
    named = run("snippet", "--audience", "orders", "--url", URL, "--lang", "python")
    assert 'AUDIENCE = "orders"' in named.out


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("--lang", "go"), "--audience"),
        (("--audience", "orders", "--lang", "go"), "--url"),
        (("--audience", URL, "--caller", "run/x", "--lang", "go"), "--caller"),
        (("--audience", URL), "--lang"),
        (("orders", "--lang", "cobol"), "cobol"),
    ],
)
def test_usage(run: Run, argv: tuple[str, ...], words: str) -> None:
    ran = run("snippet", *argv)
    assert ran.status == 2
    assert words in ran.err
    assert ran.out == ""


def test_what_would_not_work_is_refused(run: Run, world: str) -> None:
    ran = run("--world", world, "snippet", "orders", *WHERE, "--lang", "go", "--audience", f"{URL}/v1")
    assert ran.status == 2
    assert "does not accept" in ran.err
    assert run("--world", world, "snippet", "nope", *WHERE, "--lang", "go").status == 1
    plain = run("--world", world, "snippet", "orders", *WHERE, "--lang", "go", "--url", "http://api.example.com")
    assert plain.status == 2
    assert "https" in plain.err


# The rest runs what is printed. The sandbox speaks plain http, as a forward proxy or by its own address with the host
# as the first part of the path. So the scheme of the URL that is called is replaced, and nothing else: the audience
# stays as it is printed, and the sandbox refuses any other.


NAMED = {
    "scheduler": "//cloudscheduler.googleapis.com/projects/shop-prod/locations/us-central1/jobs/nightly",
    "pubsub": "//pubsub.googleapis.com/projects/shop-prod/subscriptions/orders-push",
    "tasks": "//cloudtasks.googleapis.com/projects/shop-prod/locations/us-central1/queues/orders",
    "eventarc": "//eventarc.googleapis.com/projects/shop-prod/locations/us-central1/triggers/uploaded",
}
Open = Callable[..., Sandbox]


@pytest.fixture
def open_box() -> Iterator[Open]:
    """Serve the shop, in which the calling account may call, or may not."""
    with ExitStack() as stack:

        def opened(*, allowed: bool) -> Sandbox:
            document = small_world()
            document["operator"] = {"principal": f"serviceAccount:{GOOD}"}
            if not allowed:
                document["iam"] = {}
            minter = {"role": "roles/iam.serviceAccountTokenCreator", "members": [f"serviceAccount:{GOOD}"]}
            name = f"//iam.googleapis.com/projects/shop-prod/serviceAccounts/{GOOD}"
            document["resources"][NAMED["eventarc"]] = {"eventFilters": [{"attribute": "type", "value": "x"}]}
            viewer = {"role": "roles/viewer", "members": [f"serviceAccount:{GOOD}"]}
            document["iam"][name] = {"bindings": [minter]}
            document["iam"]["//cloudresourcemanager.googleapis.com/projects/shop-prod"] = {"bindings": [viewer]}
            return stack.enter_context(serve(parse_world(document)))

        yield opened


def printed(run: Run, box: Sandbox, lang: str, *more: str) -> str:
    ran = run("snippet", "orders", *WHERE, "--lang", lang, "--path", "/v1", *more, CRAUTH_DOCTOR_SANDBOX=box.base)
    assert ran.status == 0, ran.err
    assert ran.out.count(f"{URL}/v1") == 1
    return str(ran.out)


def started(argv: list[str], box: Sandbox, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **box.exports(tmp_path / "exports")}
    return subprocess.run(argv, env=environ, capture_output=True, text=True, timeout=50, check=False, cwd=tmp_path)


PYTHON = pytest.mark.parametrize("lang", ["python", "python-httpx"])


@PYTHON
@pytest.mark.parametrize("allowed", [True, False])
def test_python_runs(run: Run, open_box: Open, tmp_path: Path, python: list[str], lang: str, *, allowed: bool) -> None:
    if lang == "python-httpx" and find_spec("httpx") is None:
        pytest.skip("httpx is not installed")
    box = open_box(allowed=allowed)
    script = printed(run, box, lang).replace(f"{URL}/v1", f"{URL.replace('https', 'http', 1)}/v1")
    done = started([*python, "-c", script], box, tmp_path)
    shown(done, allowed=allowed)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("allowed", [True, False])
def test_curl_runs(run: Run, open_box: Open, tmp_path: Path, *, allowed: bool) -> None:
    box = open_box(allowed=allowed)
    script = printed(run, box, "curl").replace(f"{URL}/v1", f"{URL.replace('https', 'http', 1)}/v1")
    done = started(["bash", "-c", script], box, tmp_path)
    shown(done, allowed=allowed)


@pytest.mark.needs_gcloud
@pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed")
def test_curl_as_somebody_else_runs(run: Run, open_box: Open, tmp_path: Path) -> None:
    box = open_box(allowed=True)
    script = printed(run, box, "curl", "--caller", GOOD)
    assert "--impersonate-service-account=" in script
    done = started(
        ["bash", "-c", script.replace(f"url={URL}", f"url={URL.replace('https', 'http', 1)}")], box, tmp_path
    )
    shown(done, allowed=True)


@pytest.mark.parametrize("lang", NAMED)
def test_gcloud_takes_every_flag_of_the_set_up_lines(gcloud_parser: GcloudParser, lang: str) -> None:
    service = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
    for resource in (NAMED[lang], ""):
        wiring = snippets.Wiring(f"{URL}/v1", URL, service=service, account=GOOD, resource=resource)
        lines = snippets.snippet(lang, wiring).replace("\\\n", " ").splitlines()
        assert any(line.startswith("gcloud ") for line in lines)
        assert gcloud_parser.objections(lines) == {}


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@pytest.mark.skipif(
    not (NODE_MODULES / "google-auth-library").is_dir(),
    reason="google-auth-library is not installed: npm install --no-save google-auth-library, or set NODE_PATH",
)
@pytest.mark.parametrize("allowed", [True, False])
def test_node_runs(run: Run, open_box: Open, tmp_path: Path, *, allowed: bool) -> None:
    # Node's library asks proxies for tunnels only, so it calls the sandbox by its own address.
    box = open_box(allowed=allowed)
    script = printed(run, box, "node").replace(f"{URL}/v1", f"{box.base}/{URL.removeprefix('https://')}/v1")
    (tmp_path / "node_modules").symlink_to(NODE_MODULES.resolve())
    (tmp_path / "call.mjs").write_text(script)
    done = started(["node", "call.mjs"], box, tmp_path)
    shown(done, allowed=allowed)


def shown(done: subprocess.CompletedProcess[str], *, allowed: bool) -> None:
    """The answer was shown, whichever it was, and the token was not."""
    said = done.stdout + done.stderr
    assert (done.returncode == 0) == allowed, said
    assert allowed or ("403" in said and "permission" in said), said
    assert "eyJ" not in said
    assert "Traceback" not in said
