"""`explain` is `check` over another door: what `check` read, printed and pasted, tells no other cause.

All pieces give the same cause, a more general one, or leave it open; fewer give the same or less. Some worlds are
tried; all of them, and more parts of each, where CRAUTH_DOCTOR_LONG is set.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from crauth_doctor.sandbox import load_world, serve
from crauth_doctor.workflows import diagnose
from crauth_doctor.workflows.context import Context
from crauth_doctor.workflows.explain import explain
from crauth_doctor.workflows.saved_document import written
from tests.patience import LONG

from .test_saved_document import asked, cases, no_more_than, told

PARTS = 6 if LONG else 2
SAME = ("iam-missing-invoker", "token-audience-unknown")
"""Of these the pieces must tell the very cause, so that a paste that tells nothing does not pass."""

OPENED = "perimeter-joins-projects"
"""Perimeters are in no saved document yet: which project one opens to another is open in a paste."""

OPEN = {"iam-denied", "iam-denied-time", "token-audience-custom-domain-queue", OPENED}
"""Worlds of which some part of a paste is taken for another cause, at most likely: this list only gets shorter."""


def pasted() -> list[Any]:
    return [one for one in cases() if not one.values[1].get("evidence") and one.id not in OPEN]


@pytest.mark.parametrize(("file", "case"), pasted())
def test_what_was_read_tells_no_other_cause_when_it_is_pasted(file: Path, case: dict[str, Any]) -> None:
    with serve(load_world(file)) as box:
        read = diagnose.check_and_save(Context({}, box.base), asked(case))
    whole, pick = told(read.report), random.Random(file.stem)
    pieces = list(printed(json.loads(written(read.document)), pick))
    all_of_it = told(explain("\n\n".join(pieces)))
    assert no_more_than(all_of_it, whole), all_of_it
    if file.stem in SAME:
        assert all_of_it[0] == whole[0]
    for _ in range(PARTS):
        part = pick.sample(pieces, pick.randint(0, len(pieces)))
        less = told(explain("\n\n".join(part)))
        assert no_more_than(less, whole), (less, part)


def printed(saved: dict[str, Any], pick: random.Random) -> Iterator[str]:
    """What gcloud and curl print of all this, in JSON or in YAML."""

    def shown(value: Any) -> str:
        return json.dumps(value, indent=2) if pick.random() < 0.5 else str(yaml.safe_dump(value))

    yield from map(shown, saved.get("resources", {}).values())
    for name, policy in saved.get("iam", {}).items():
        command = reading(*name.removeprefix("//").split("/"))
        if command:
            yield f"$ gcloud {command}\n{shown(policy)}"
    for policies in saved.get("deny", {}).values():
        yield from map(shown, policies)
    for limits in saved.get("orgPolicies", {}).values():
        yield from map(shown, limits.values())
    yield from (json.dumps([entry], indent=2) for entry in saved.get("logs", ()))
    for call in saved.get("calls", ()):
        if "claims" in call:
            claims = {key: one for key, one in call["claims"].items() if key != "kind"}
            yield f"The token says:\n{json.dumps(claims, indent=2)}"
        # a test call that was served, or went to the service straight, is none of the caller's own
        if call["token"] == "good" and call.get("status", 0) >= 400 and "url" not in saved["asked"]:
            headers = "".join(f"{name}: {text}\n" for name, text in call["headers"].items())
            answer = f"HTTP/2 {call['status']}\n{headers}\n{call.get('body', '')}"
            yield f'$ curl -i -H "Authorization: Bearer $TOKEN" {call["url"]}\n{answer}'


def reading(host: str, *path: str) -> str:
    """The command that prints a policy; empty where gcloud has none."""
    match (host, *path):
        case ("run.googleapis.com", _, project, _, region, "services", service):
            return f"run services get-iam-policy {service} --region={region} --project={project}"
        case ("cloudresourcemanager.googleapis.com", "projects", name):
            return f"projects get-iam-policy {name}"
        case ("cloudresourcemanager.googleapis.com", "folders", name):
            return f"resource-manager folders get-iam-policy {name}"
        case ("cloudresourcemanager.googleapis.com", "organizations", name):
            return f"organizations get-iam-policy {name}"
        case ("iam.googleapis.com", _, project, "serviceAccounts", email):
            return f"iam service-accounts get-iam-policy {email} --project={project}"
        case _:
            return ""
