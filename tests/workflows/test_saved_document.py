"""What `check` read is one document, and whoever asks it gets the same answer: a saved file, Google, or the sandbox.

Some worlds are tried; all of them, and more parts of each, where CRAUTH_DOCTOR_LONG is set.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from crauth_doctor.cli.commands.check import command as check_command
from crauth_doctor.cli.options import service_or_saved
from crauth_doctor.diagnosis.general import GENERAL
from crauth_doctor.sandbox import load_world, parse_world, serve
from crauth_doctor.workflows import diagnose
from crauth_doctor.workflows.context import CallRequest, Context, WorkflowError
from crauth_doctor.workflows.documents.saved_document import loaded, written
from tests.built_in import FILES, document
from tests.patience import LONG, PATIENCE

Run = Callable[..., Any]

PACKAGE = resources.files("crauth_doctor")
SCHEMA = json.loads((PACKAGE / "google_json" / "saved.schema.json").read_text(encoding="utf-8"))
SOME = (
    *("healthy", "healthy-nested-group", "healthy-private-zone", "healthy-federation", "iam-missing-invoker-gateway"),
    *("iam-missing-invoker", "iam-denied", "iam-role-lacks-permission", "iam-org-policy-blocks-public"),
    *("token-audience-unknown", "mint-agent-cannot-mint", "ingress-none", "reach-dns-zone-endpoint"),
    *("operator-sees-little", "iap-principal-not-authorized", "reach-private-access-off"),
    *("app-failing", "app-not-found", "app-refused", "iam-condition-unmet-tag"),
    *("iap-principal-not-authorized-load-balancer", "reach-cloud-armor-path", "reach-url-map-another-service"),
)
"""Together they read every part of a document."""
PARTS = 12 if LONG else 2
MAPPINGS, LISTS = ("resources", "iam", "deny", "orgPolicies"), ("absent", "unread", "calls", "logs")

Told = tuple[str | None, str]


def cases() -> Iterator[Any]:
    for file in FILES:
        case = document(file.stem)
        if "world" in case and case["run"][0] == "check" and (LONG or file.stem in SOME):
            yield pytest.param(file, case, id=file.stem)


def asked(case: dict[str, Any], *more: str) -> CallRequest:
    given = check_command.make_context("check", [*map(str, case["run"][1:]), *more]).params
    request = service_or_saved(given | {"service": given["services"][0], "files": ()}, evidence=case.get("evidence"))
    return replace(request, seconds=PATIENCE)


def told(report: Any) -> Told:
    cause = report.diagnosis.cause
    return (cause.rule if cause is not None else None, str(report.diagnosis.conclusion))


def no_more_than(part: Told, whole: Told) -> bool:
    """Whether a part of what is known says the same, something more general, or less."""
    (cause, sure), (known, _) = part, whole
    if cause is None:
        return sure != "clear" or whole == part
    return cause == known or cause in GENERAL.get(known or "", ())


@pytest.mark.parametrize(("file", "case"), list(cases()))
def test_whoever_answers_the_reads_the_cause_is_the_same(file: Path, case: dict[str, Any]) -> None:
    request = asked(case)
    with serve(load_world(file)) as box:
        read = diagnose.check_and_save(Context({}, box.base), request)
    whole = told(read.report)
    text = written(read.document)
    saved = json.loads(text)
    jsonschema.validate(saved, SCHEMA)
    again = CallRequest(evidence=request.evidence, send_calls=request.send_calls, saved=loaded(text, "saved.json"))
    assert told(diagnose.check(Context({}), again)) == whole
    assert json.loads(written(loaded(text, "saved.json"))) == saved
    with serve(parse_world(saved)) as box:
        served = told(diagnose.check(Context({}, box.base), request))
    assert no_more_than(served, whole) if case["world"].get("delays") else served == whole, served
    pick = random.Random(file.stem)
    pieces = [*((key, name) for key in MAPPINGS for name in saved.get(key, ()))]
    pieces += [(key, number) for key in LISTS for number in range(len(saved.get(key, ())))]
    for number in range(PARTS):
        kept = pick.sample(pieces, pick.randint(0, len(pieces))) if number % 2 else pick.sample(pieces, len(pieces) - 1)
        part = loaded(json.dumps(part_of(saved, kept)), "part.json")
        less = told(diagnose.check(Context({}), CallRequest(evidence=request.evidence, saved=part)))
        assert no_more_than(less, whole), (less, whole, sorted(map(str, set(pieces) - set(kept))))


def test_what_was_saved_is_answered_until_something_is_changed() -> None:
    request = asked(document("iam-missing-invoker"))
    with serve(parse_world(document("iam-missing-invoker"))) as box:
        saved = json.loads(written(diagnose.check_and_save(Context({}, box.base), request).document))
    service = next(name for name in saved["iam"] if name.endswith(f"/services/{request.service}"))
    with serve(parse_world(saved)) as box:
        caller = diagnose.check(Context({}, box.base), request).caller.member
        binding = {"role": "roles/run.invoker", "members": [caller]}
        box.cloud.write_policy(service, {"bindings": [binding]})
        assert told(diagnose.check(Context({}, box.base), request)) == (None, "clear")


RUN = "//run.googleapis.com"
HOLES = {
    "app-not-found": "calls",
    "app-failing": "calls",
    "healthy-agent": "",
    "healthy-federation": "//iam.googleapis.com/projects/avocet-docs/serviceAccounts/actions@",
    "iam-missing-invoker-gke": "//iam.googleapis.com/projects/wagtail-media/serviceAccounts/uploader@",
    "mint-federation-denied-unmapped": "//iam.googleapis.com/projects/brambling-build/serviceAccounts/actions@",
    "healthy-iap-load-balancer": "//compute.googleapis.com/projects/fennel-payroll/global/urlMaps/",
    "reach-domain-not-ready-load-balancer": "//compute.googleapis.com/projects/larkspur-tours/global/sslCertificates/",
    "reach-no-such-service-endpoint-group": f"{RUN}/projects/bramble-audio/locations/europe-west1/services/mixer",
}
"""What is lost of the document of each world: the calls, or what stands under such a name; empty: nothing."""


@pytest.mark.parametrize(("stem", "lost"), HOLES.items())
def test_a_hole_hides_something_and_never_tells_another_cause(stem: str, lost: str) -> None:
    request = asked(document(stem))
    with serve(parse_world(document(stem))) as box:
        read = diagnose.check_and_save(Context({}, box.base), request)
    saved = json.loads(written(read.document))
    pieces: list[tuple[str, Any]] = [(key, name) for key in MAPPINGS for name in saved.get(key, ())]
    pieces += [(key, at) for key in LISTS for at in range(len(saved.get(key, ())))]
    named = {(key, at): at if key in MAPPINGS else str(saved[key][at]) for key, at in pieces}
    gone = [one for one in pieces if lost and (one[0] == lost or named[one].startswith(lost))]
    assert bool(gone) == bool(lost)
    part = loaded(json.dumps(part_of(saved, [one for one in pieces if one not in gone])), "part.json")
    less = told(diagnose.check(Context({}), CallRequest(evidence=request.evidence, saved=part)))
    assert no_more_than(less, told(read.report)), less


def part_of(saved: dict[str, Any], kept: list[tuple[str, Any]]) -> dict[str, Any]:
    """Leave pieces out; a list that a piece is left out of is not said to be whole any more."""
    found = {key: one for key, one in saved.items() if key not in {*MAPPINGS, *LISTS}}
    gone = [name for name in saved.get("resources", ()) if ("resources", name) not in kept]
    for key, at in kept:
        if key in MAPPINGS:
            found.setdefault(key, {})[at] = saved[key][at]
        elif key != "absent" or not any(stands_in(name, saved[key][at]) for name in gone):
            found.setdefault(key, []).append(saved[key][at])
    return found


def stands_in(name: str, every: str) -> bool:
    parts, wanted = name.split("/"), every.split("/")
    return len(parts) == len(wanted) and all(one in {part, "-", "*"} for part, one in zip(parts, wanted, strict=True))


DEMO = ("--project", "shop-prod", "--region", "us-central1", "--caller", "run/checkout")


def test_what_one_saves_another_judges_without_any_access(run: Run, world: str, tmp_path: Path) -> None:
    file = tmp_path / "saved.json"
    first = run("--world", world, "check", "orders", *DEMO, "--save", str(file), "--format", "json")
    assert (first.status, "look through it" in first.err) == (10, True)
    assert file.stat().st_mode & 0o077 == 0
    report = json.loads(first.out)
    for argv in (
        ["check", "--from", str(file)],
        ["check", "--from", str(file), "orders", "--caller", "run/checkout"],
        ["explain", str(file)],
        ["--world", str(file), "check", "orders", *DEMO],
    ):
        again = run(*argv, "--format", "json")
        found = json.loads(again.out)
        assert (again.status, found["cause"]) == (10, report["cause"]), argv
    who = run("who", "--from", str(file), "--format", "json")
    assert "good@shop-prod.iam.gserviceaccount.com" in who.out


def test_a_redacted_document_names_nobody_and_has_the_same_cause(run: Run, world: str, tmp_path: Path) -> None:
    file = tmp_path / "saved.json"
    first = run("--world", world, "check", "orders", *DEMO, "--save", str(file), "--redact", "--format", "json")
    text = file.read_text(encoding="utf-8")
    jsonschema.validate(json.loads(text), SCHEMA)
    for name in ("orders", "checkout", "shop-prod", "123456789012", "abc123", "good@", "dev@"):
        assert name not in text, name
    assert "us-central1" in text
    assert "roles/run.invoker" in text
    again = run("check", "--from", str(file), "--format", "json")
    assert json.loads(again.out)["cause"] == json.loads(first.out)["cause"] == "iam/missing-invoker"


@pytest.mark.parametrize("order", ["document first", "document last"])
@pytest.mark.parametrize("stem", ["mint-metadata-proxied", "reach-url-mask", "iam-propagation"])
def test_a_saved_document_among_other_text_is_judged_as_one_beside_it(
    run: Run, tmp_path: Path, stem: str, order: str
) -> None:
    """Its test calls, and the log of them, are none of the caller's."""
    case, world, saved, pasted = document(stem), *(tmp_path / name for name in ("w.json", "s.json", "p.txt"))
    world.write_text(json.dumps(case["world"]))
    pasted.write_text(case["evidence"])
    files = ["--evidence", str(pasted)]
    first = run("--world", str(world), *case["run"], *files, "--save", str(saved), "--format", "json")
    texts = [saved.read_text(encoding="utf-8"), case["evidence"]]
    pasted.write_text("\n".join(texts if order == "document first" else texts[::-1]))
    again = run("explain", str(pasted), "--format", "json")
    for part in ("conclusion", "cause"):
        assert json.loads(again.out)[part] == json.loads(first.out)[part]


def test_a_saved_document_given_as_evidence_tells_settings_and_no_call(run: Run, tmp_path: Path) -> None:
    for stem in ("healthy", "operator-sees-little", "iap-principal-not-authorized-load-balancer"):
        case, world, saved = document(stem), tmp_path / "world.json", tmp_path / "saved.json"
        world.write_text(json.dumps(case["world"]))
        asked = ("--world", str(world), *case["run"], "--format", "json")
        first = run(*asked, "--save", str(saved))
        again = run(*asked, "--evidence", str(saved))
        for part in ("conclusion", "cause"):
            assert json.loads(again.out)[part] == json.loads(first.out)[part], stem


FEDERATED = [file.stem for file in FILES if "federation/" in str(document(file.stem)["run"])]


@pytest.mark.parametrize("stem", FEDERATED)
def test_a_redacted_subject_of_an_issuer_elsewhere_is_judged_as_it_was(run: Run, tmp_path: Path, stem: str) -> None:
    case, world, file = document(stem), tmp_path / "world.json", tmp_path / "saved.json"
    world.write_text(json.dumps(case["world"]))
    first = run("--world", str(world), *case["run"], "--save", str(file), "--redact", "--format", "json")
    again = run("explain", str(file), "--format", "json")
    for part in ("conclusion", "cause"):
        assert json.loads(again.out)[part] == json.loads(first.out)[part]
    for name in re.findall(r"repo:([\w-]+)/([\w-]+)", str(case["run"]))[0]:
        assert name == "app" or name not in file.read_text(encoding="utf-8")


def test_no_secret_of_a_setting_is_saved(run: Run, world: str, tmp_path: Path) -> None:
    changing = yaml.safe_load(Path(world).read_text(encoding="utf-8")) | {"now": "2026-06-01T09:00:00Z"}
    service = "//run.googleapis.com/projects/shop-prod/locations/us-central1/services/orders"
    secrets = {"variable": "planted-variable", "header": "planted-header", "query": "plantedquery1"}
    variables = [
        {"name": "API_KEY", "value": secrets["variable"]},
        {"name": "HTTPS_PROXY", "value": "http://proxy:3128"},
    ]
    changing["resources"][service]["template"]["containers"] = [{"image": "gcr.io/a/b", "env": variables}]
    target = {
        "uri": f"https://orders-123456789012.us-central1.run.app/in?key={secrets['query']}",
        "httpMethod": "POST",
        "headers": {"X-Api-Key": secrets["header"]},
        "body": "cGxhbnRlZC1ib2R5",
        "oidcToken": {"serviceAccountEmail": "good@shop-prod.iam.gserviceaccount.com"},
    }
    name = "projects/shop-prod/locations/us-central1/jobs/nightly"
    changing["resources"][f"//cloudscheduler.googleapis.com/{name}"] = {"name": name, "httpTarget": target}
    changed, file = tmp_path / "changed.json", tmp_path / "saved.json"
    changed.write_text(json.dumps(changing), encoding="utf-8")
    ran = run(
        "--world", str(changed), "check", "orders", *DEMO[:4], "--caller", "scheduler/nightly", "--save", str(file)
    )
    assert ran.status in {10, 11}, ran.err
    text = file.read_text(encoding="utf-8")
    assert [one for one in (*secrets.values(), "cGxhbnRlZC1ib2R5") if one in text] == []
    assert "X-Api-Key" in text
    assert "http://proxy:3128" in text


def test_what_is_no_saved_document_is_said_to_be_none(run: Run, world: str) -> None:
    ran = run("check", "--from", world)
    assert ran.status == 1
    assert "no saved document" in ran.err
    for argv in (
        ["check"],
        ["who"],
        ["check", "orders", "--redact"],
        ["check", "--from", world, "--save", "x", "--fix"],
    ):
        assert run(*argv).status in {1, 2}, argv
    for text in ("", "[]", '{"version": 1, "saved": true, "resources": {"orders": {}}}', "a: [", '{"saved": true}'):
        with pytest.raises(WorkflowError, match=r"file\.json is "):
            loaded(text, "file.json")
