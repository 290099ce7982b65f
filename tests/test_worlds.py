"""The product in one test: each built-in world is diagnosed as declared, answers so, and is mended by its fix."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from crauth_doctor.cli.commands.check import command as check_command
from crauth_doctor.cli.main import main
from crauth_doctor.cli.options import request_of
from crauth_doctor.sandbox import Sandbox, load_world, parse_world, serve
from crauth_doctor.sandbox.edge.iap import SIGN_IN_CLIENT
from crauth_doctor.workflows.change_session import Consent, WayOut
from crauth_doctor.workflows.context import Context
from crauth_doctor.workflows.fix import FixLoop
from tests.built_in import FILES as WORLDS
from tests.built_in import document
from tests.gcloud_parser import GcloudParser
from tests.patience import LONG
from tests.report import agreement

RUN = "//run.googleapis.com/"
STRIPPED = "SIGNATURE_REMOVED_BY_GOOGLE"
# Callers that act by themselves: where the world keeps each kind, and whether it calls whatever URL its code says.
ACTING = {
    "run": ("run", "/services/{}"),
    "job": ("run", "/jobs/{}"),
    "workerpool": ("run", "/workerPools/{}"),
    "function": ("cloudfunctions", "/functions/{}"),
    "appengine": ("appengine", "/services/{}"),
    "gce": ("compute", "/zones/{}/instances/{}"),
    "gke": ("container", "/clusters/{}"),
    "scheduler": ("cloudscheduler", "/jobs/{}"),
    "tasks": ("cloudtasks", "/queues/{}"),
    "pubsub": ("pubsub", "/subscriptions/{}"),
    "eventarc": ("eventarc", "/triggers/{}"),
    "workflow": ("workflows", "/workflows/{}"),
    "apigateway": ("apigateway", "/gateways/{}"),
    "bigquery": ("bigqueryconnection", "/connections/{}"),
    "uptime": ("monitoring", "/uptimeCheckConfigs/{}"),
    "agentengine": ("aiplatform", "/reasoningEngines/{}"),
}
BY_CODE = ("run", "job", "workerpool", "function", "appengine", "gce", "gke", "bigquery", "agentengine")
TOKENLESS = ("browser", "app", "webhook")
# What the front end answers: the default of a stage, and what differs from it.
OF_STAGE = {"reach": "404", "ingress": "404", "iap": "iap", "token": "401", "iam": "403", "app": "app", "mint": "403"}
OF_CAUSE = {
    "reach/reserved-path": "robot",
    "reach/domain-not-ready": "robot",
    "reach/plain-http": "redirect",
    "reach/private-access-off": "silence",
    "reach/dns-zone": "silence",
    "reach/cloud-armor": "armor",
    "ingress/service-perimeter": "403",
    "token/missing": "403",
    "token/preflight": "403",
    "token/header-stripped": "403",
    "mint/account-missing": "no token",
    "mint/account-disabled": "no token",
    "mint/impersonation-denied": "no token",
}
OF_WORLD = {
    "iap-agent-missing-invoker": "403",
    "operator-sees-little": "403",
    "reach-domain-not-ready-load-balancer": "silence",
    "reach-url-map-another-service": "401",
}


@dataclass(frozen=True)
class Case:
    """A world's file, and what it says."""

    file: Path
    document: dict[str, Any]

    @property
    def cause(self) -> str | None:
        cause = self.document["expect"]["cause"]
        return None if cause is None else str(cause)

    @property
    def run(self) -> list[str]:
        return [str(word) for word in self.document["run"]]

    def option(self, name: str) -> str | None:
        return self.run[self.run.index(name) + 1] if name in self.run else None

    @property
    def caller(self) -> str:
        return self.option("--caller") or "me"


def cases(*, with_world: bool) -> list[Any]:
    return list(_cases(with_world=with_world))


def _cases(*, with_world: bool) -> Iterator[Any]:
    for file in WORLDS:
        case = Case(file, document(file.stem))
        if "world" in case.document or not with_world:
            yield pytest.param(case, id=file.stem)


@dataclass(frozen=True)
class Doctor:
    """The program, run in this process; each world has a home of its own."""

    case: Case
    home: Path
    capture: pytest.CaptureFixture[str]
    sandbox: Sandbox | None = None

    def report(self, *more: str, evidence: bool = True) -> dict[str, Any]:
        environ = {"HOME": str(self.home)}
        if self.sandbox is not None:
            environ["CRAUTH_DOCTOR_SANDBOX"] = self.sandbox.base
        status = main([*self._argv(evidence=evidence), *more, "--format", "json"], environ)
        printed = self.capture.readouterr()
        assert printed.out, f"exit {status}: {printed.err}"
        found: dict[str, Any] = json.loads(printed.out)
        assert "error" not in found, found["error"]
        return found

    def _argv(self, *, evidence: bool) -> list[str]:
        pasted = self.case.document.get("evidence")
        if not pasted or not evidence:
            return self.case.run
        file = self.home / "evidence.txt"
        file.write_text(pasted, encoding="utf-8")
        if self.case.run[0] == "explain":
            return ["explain", str(file)]
        return [*self.case.run, "--evidence", str(file)]


def test_there_is_a_world_for_every_cause() -> None:
    from crauth_doctor.rules import ALL

    declared = {case.values[0].cause for case in cases(with_world=False)}
    warned = {case.values[0].document["expect"].get("warning") for case in cases(with_world=False)}
    named = {f"warning/{file.stem.removeprefix('warning-')}" for file in WORLDS}
    assert {rule.id for rule in ALL} <= declared | warned | named


@pytest.mark.parametrize("case", cases(with_world=False))
def test_the_cause_is_found_and_the_fix_mends_it(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str], gcloud_parser: GcloudParser
) -> None:
    if "world" not in case.document:
        report = Doctor(case, tmp_path, capsys).report(*agreement.into(tmp_path))
        judge(case, report)
        agreement.agree(report, tmp_path)
        assert gcloud_parser.objections(printed(report)) == {}
        return
    in_every_format = LONG or WORLDS.index(case.file) % 3 == 0
    with serve(load_world(case.file)) as sandbox:
        doctor = Doctor(case, tmp_path, capsys, sandbox)
        report = doctor.report(*(agreement.into(tmp_path) if in_every_format else ()))
        judge(case, report)
        if in_every_format:
            agreement.agree(report, tmp_path)
        assert gcloud_parser.objections(printed(report)) == {}
        fixes: list[dict[str, Any]] = next(
            (each["fixes"] for each in report["findings"] if each["id"] == case.cause), []
        )
        take_the_others(case, report, doctor)
        first = first_made(fixes)
        if first is None:
            return
        made = doctor.report("--fix", "--widen" if first["widens"] else "--yes", "--no-wait")
        outcomes = [each["outcome"] for each in made["changes"]]
        assert outcomes == case.document["expect"].get("changes", ["done"])
        after = doctor.report(evidence=False)
        if set(outcomes) != {"done"}:
            assert after["cause"] == case.cause
            return
        assert (after["cause"], after["conclusion"]) == (None, case.document["expect"].get("after", "clear"))
        assert answer_of(case, sandbox, mended=True) == "200"


def printed(report: dict[str, Any]) -> list[str]:
    """The command lines that are offered; none of them does more than it says."""
    fixes = [fix for found in report["findings"] for fix in found["fixes"]]
    lines = [line for fix in fixes for line in (fix["gcloud"] or "").splitlines()]
    # `gcloud functions deploy` without --source uploads the folder that it is run in
    assert not [line for line in lines if "functions deploy" in line and "--source" not in line]
    return lines


def ways_out(case: Case, report: dict[str, Any]) -> list[dict[str, Any]]:
    """The ways out of a cause that is the declared one; none where the world refuses to be changed."""
    found = [each["fixes"] for each in report["findings"] if each["id"] == report["cause"] == case.cause]
    return found[0] if found and "changes" not in case.document["expect"] else []


def take_the_others(case: Case, before: dict[str, Any], doctor: Doctor) -> None:
    """Each other way out of a cause, taken alone, removes it: as the tool judges, and as the pretend Google answers."""
    ways = ways_out(case, before)
    for place, way in enumerate(ways):
        if not way["applicable"] or way == first_made(ways):
            continue
        with serve(load_world(case.file)) as sandbox:
            answered = answer_of(case, sandbox)
            other = replace(doctor, sandbox=sandbox)
            take(other, place, len(ways))
            assert other.report(evidence=False)["cause"] != case.cause, way["text"]
            assert answer_of(case, sandbox, mended=True) != answered, way["text"]


def first_made(fixes: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The first way, where this tool takes it and it is not for a person to think about."""
    if not fixes or not fixes[0]["applicable"] or (fixes[0]["widens"] and fixes[0]["change"] != "grant-role"):
        return None
    return fixes[0]


def take(doctor: Doctor, place: int, count: int) -> None:
    """Choose one of several ways at the prompt, agree to it once, and to nothing after it."""
    assert doctor.sandbox is not None
    asked: list[str] = []
    chosen: list[int] = []

    def confirm(question: str) -> bool:
        asked.append(question)
        return len(asked) == 1

    def choose(ways: tuple[WayOut, ...]) -> int | None:
        assert len(ways) == count or chosen
        chosen.append(place)
        return place if len(chosen) == 1 else None

    context = check_command.make_context("check", doctor.case.run[1:])
    (service,) = context.params["services"]
    request = replace(request_of({**context.params, "service": service}), evidence=doctor.case.document.get("evidence"))
    consent = Consent(confirm=confirm, choose=choose)
    FixLoop(Context({"HOME": str(doctor.home)}, doctor.sandbox.base), request, consent, lambda _: None).run()
    assert len(asked) >= 1, "nothing was made"


def judge(case: Case, report: dict[str, Any]) -> None:
    """The declared cause, and in no case another one that is called proven."""
    expect, seen = case.document["expect"], (report["cause"], report["conclusion"])
    right = report["cause"] in {case.cause, *expect.get("accept", ())}
    assert right or report["conclusion"] != "proven", f"confident and wrong: {seen}"
    assert right, seen
    usual = ["clear"] if case.cause is None else ["proven", "expected", "likely"]
    assert report["conclusion"] in expect.get("conclusion", usual), seen
    warning = expect.get("warning")
    assert warning is None or warning in {each["id"] for each in report["findings"]}


@pytest.mark.parametrize("is_granted", [True, False])
@pytest.mark.parametrize("has_log", [True, False])
def test_a_perimeters_refusal_is_not_the_invoker_checks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, is_granted: bool, has_log: bool
) -> None:
    refused = document("ingress-service-perimeter")
    world = refused["world"]
    if not is_granted:
        world["iam"] = {}
    if not has_log:
        world["operator"]["lacks"] = ["logging.logEntries.list"]
    with serve(parse_world(refused)) as sandbox:
        case = Case(Path("ingress-service-perimeter.yaml"), refused)
        report = Doctor(case, tmp_path, capsys, sandbox).report(evidence=False)
    assert (report["cause"], report["conclusion"]) == ("ingress/service-perimeter", "likely")


OF_THE_NETWORK = {"reach/private-access-off", "reach/dns-zone"}
FAULTY_NETWORKS = [each for each in cases(with_world=True) if each.values[0].cause in OF_THE_NETWORK]


@pytest.mark.parametrize("more", [[], ["--no-call"]], ids=["call", "no-call"])
@pytest.mark.parametrize("case", FAULTY_NETWORKS)
def test_a_fault_of_the_callers_network_is_found_whatever_ingress_lets_in(
    case: Case, more: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = deepcopy(case.document)
    opened["world"]["resources"][callee(case)]["ingress"] = "INGRESS_TRAFFIC_ALL"
    case = replace(case, document=opened)
    with serve(parse_world(opened)) as sandbox:
        judge(case, Doctor(case, tmp_path, capsys, sandbox).report(*more))
        assert answer_of(case, sandbox) == "silence"


@pytest.mark.parametrize("case", cases(with_world=True))
def test_the_front_end_answers_as_declared(case: Case) -> None:
    with serve(load_world(case.file)) as sandbox:
        answer = answer_of(case, sandbox)
    usual = "200" if case.cause is None else OF_CAUSE.get(case.cause, OF_STAGE[case.cause.partition("/")[0]])
    assert answer == OF_WORLD.get(case.file.stem, usual)


def answer_of(case: Case, sandbox: Sandbox, *, mended: bool = False) -> str:
    """What the declared call gets, in a word: the page, and whose it is."""
    if case.option("--impersonate-service-account"):
        return impersonated(case, sandbox)
    asked = {key: case.option(f"--{key}") for key in ("url", "path", "method", "audience")}
    asked |= {"url": asked["url"] or (case.run[1] if "://" in case.run[1] else service_url(case, sandbox))}
    asked |= {"audience": asked["audience"] or service_url(case, sandbox)}
    if case.file.stem in SENT and not mended:
        return direct(case, sandbox, asked, SENT[case.file.stem](case, sandbox, str(asked["audience"])))
    kind = case.caller.partition("/")[0]
    if "/" not in case.caller or kind not in ACTING:
        return direct(case, sandbox, asked, credentials(case, sandbox, str(asked["audience"])))
    given = {key: value for key, value in asked.items() if value and (kind in BY_CODE or case.option(f"--{key}"))}
    told = sandbox.fire(full_name(case, sandbox), **given)
    if told["status"] == 0:
        return "no token" if "mint" in told["error"] else "silence"
    if case.cause in {"mint/agent-cannot-mint", "mint/no-token-configured"} and not mended:
        assert not told["token"]
    return read(told["status"], told["headers"], told["body"])


def credentials(case: Case, sandbox: Sandbox, audience: str) -> list[tuple[str, str]]:
    """A user has signed in to IAP; others send an ID token, if they can have one."""
    if case.caller in TOKENLESS or case.cause == "mint/federation-denied":
        return []
    if "iap" in case.file.stem.split("-"):
        session = sandbox.id_token(member(case, sandbox), SIGN_IN_CLIENT)
        return [("Cookie", f"theme=dark; GCP_IAAP_AUTH_TOKEN_4F2A={session}")]
    return bearer(sandbox.id_token(member(case, sandbox), audience))


def callee(case: Case) -> str:
    """The service, by its short name and region."""
    name, region = case.run[1].rsplit("/", 1)[-1], case.option("--region")
    wanted = f"/locations/{region}/services/{name}" if region else "/services/orders"
    resources: dict[str, Any] = case.document["world"]["resources"]
    return next(each for each in resources if each.startswith(RUN) and each.endswith(wanted))


def service_url(case: Case, sandbox: Sandbox) -> str:
    """The service's own URL."""
    return str(sandbox.cloud.resources[callee(case)]["uri"])


def full_name(case: Case, sandbox: Sandbox) -> str:
    """The resource that acts: the callee's region first."""
    kind, _, name = case.caller.partition("/")
    host, path = ACTING[kind]
    name, pod = (name.split("/")[0], name.split("/")[1:]) if kind == "gke" else (name, [])
    wanted = f"/{name}" if name.startswith("projects/") else path.format(*name.split("/"))
    fitting = [
        each
        for each in sandbox.cloud.resources
        if each.startswith(f"//{host}.googleapis.com/") and each.endswith(wanted)
    ]
    found = min(fitting, key=lambda each: (f"/{case.option('--region')}/" not in each, len(each)))
    return "/".join([found, *pod])


def member(case: Case, sandbox: Sandbox) -> str:
    """The caller as IAM writes it."""
    if "as" in case.document["expect"]:
        return str(case.document["expect"]["as"])
    if case.caller == "me":
        return sandbox.cloud.operator.member
    if ":" in case.caller:
        return case.caller
    if case.caller.startswith("run/"):
        template = sandbox.cloud.resources[full_name(case, sandbox)]["template"]
        return f"serviceAccount:{template['serviceAccount']}"
    return f"serviceAccount:{case.caller}"


def impersonated(case: Case, sandbox: Sandbox) -> str:
    account = case.option("--impersonate-service-account")
    url = f"http://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{account}:generateIdToken"
    body = json.dumps({"audience": "https://orders.example.com", "includeEmail": True})
    status, _, _ = send(sandbox, "POST", url, [("Authorization", f"Bearer {sandbox.operator_token}")], body)
    return "no token" if status == 403 else str(status)


def direct(case: Case, sandbox: Sandbox, asked: dict[str, str | None], headers: list[tuple[str, str]]) -> str:
    """A call over the wire, from where the caller stands."""
    parts = urlsplit(str(asked["url"]))
    url = f"http://{parts.netloc}{asked['path'] or parts.path or '/'}"
    if case.caller.partition("/")[0] in ACTING:
        headers = [*headers, ("X-Sandbox-From", full_name(case, sandbox))]
    return read(*send(sandbox, asked["method"] or "GET", url, headers))


def send(
    sandbox: Sandbox, method: str, url: str, headers: list[tuple[str, str]], body: str = ""
) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=10)
    connection.putrequest(method, url, skip_host=True)
    for key, value in [("Host", urlsplit(url).netloc), ("Content-Length", str(len(body))), *headers]:
        connection.putheader(key, value)
    connection.endheaders(body.encode())
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, {key.lower(): value for key, value in answer.getheaders()}, text


def read(status: int, headers: dict[str, str], body: str) -> str:
    """Who wrote an answer, as a person would tell from it."""
    if "x-goog-iap-generated-response" in headers:
        return "iap"
    if "x-cloud-trace-context" in headers:
        return "200" if status == 200 else "app"
    signs = {
        "robot": status == 404 and "Error 404 (Not Found)!!1" in body,
        "404": status == 404 and len(body) == 272,
        "403": status == 403 and "to get URL <code>" in body,
        "401": status == 401 and "to the requested URL <code>" in body and "invalid_token" in str(headers),
        "armor": status == 403 and len(body) == 134,
        "redirect": status == 302 and headers.get("location", "").startswith("https://"),
    }
    return next((name for name, fits in signs.items() if fits), f"{status} {body[:200]}")


Sent = Callable[[Case, Sandbox, str], list[tuple[str, str]]]


def bearer(*tokens: str, header: str = "Authorization") -> list[tuple[str, str]]:
    return [(header, f"Bearer {token}") for token in tokens]


def good(case: Case, sandbox: Sandbox, audience: str) -> str:
    return sandbox.id_token(member(case, sandbox), audience)


def stripped(token: str) -> str:
    return f"{token.rpartition('.')[0]}.{STRIPPED}"


def expired(case: Case, sandbox: Sandbox, audience: str) -> list[tuple[str, str]]:
    now = int(sandbox.now().timestamp())
    return bearer(sandbox.id_token(member(case, sandbox), audience, iat=now - 5400, exp=now - 1800))


def foreign(_case: Case, sandbox: Sandbox, _audience: str) -> list[tuple[str, str]]:
    issuer = "https://securetoken.google.com/tanager-fit"
    return bearer(sandbox.id_token("user:anybody@example.com", "tanager-fit", iss=issuer))


def self_signed(case: Case, sandbox: Sandbox, audience: str) -> list[tuple[str, str]]:
    now = int(sandbox.now().timestamp())
    claims = {"iss": case.caller, "sub": case.caller, "aud": audience, "iat": now, "exp": now + 3600}
    url = f"http://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{case.caller}:signJwt"
    body = json.dumps({"payload": json.dumps(claims)})
    _, _, text = send(sandbox, "POST", url, bearer(sandbox.operator_token), body)
    return bearer(json.loads(text)["signedJwt"])


# What the caller's own code sends, where the paste shows that it is not what Google's libraries would.
SENT: dict[str, Sent] = {
    "mint-metadata-proxied": lambda _, box, audience: bearer(
        box.id_token("serviceAccount:squid-vm@cinderpeak-tours.iam.gserviceaccount.com", audience)
    ),
    "token-missing": lambda *_: [],
    "token-header-stripped": lambda *_: [],
    "token-duplicate": lambda case, box, audience: bearer(good(case, box, audience), good(case, box, audience)),
    "token-malformed-header": lambda case, box, audience: bearer(f"Bearer {good(case, box, audience)}"),
    "token-signature-removed": lambda case, box, audience: bearer(stripped(good(case, box, audience))),
    "token-serverless-header-wins": lambda case, box, audience: [
        *bearer(good(case, box, audience)),
        *bearer(stripped(good(case, box, audience)), header="X-Serverless-Authorization"),
    ],
    "iap-intercepts-iam-load-balancer": lambda case, box, audience: bearer(good(case, box, audience)),
    "token-expired": expired,
    "token-foreign-issuer": foreign,
    "token-self-signed": self_signed,
}


def test_a_test_may_make_another_world_of_a_built_in_one() -> None:
    changed = document("healthy")
    changed["world"]["resources"].clear()
    assert document("healthy")["world"]["resources"]
