"""What gcloud and curl print of what `check` read: a saved document, as pieces of a paste."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import yaml

MANAGER = "//cloudresourcemanager.googleapis.com/"


def printed(saved: dict[str, Any], pick: random.Random) -> Iterator[str]:
    """What gcloud and curl print of all this, in JSON or in YAML."""

    def shown(value: Any) -> str:
        return json.dumps(value, indent=2) if pick.random() < 0.5 else str(yaml.safe_dump(value))

    yield from (shown(found) for found in _named(saved).values())
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


def resources_of(saved: dict[str, Any]) -> dict[str, str]:
    """What is printed of each resource, by its full name."""
    return {name: json.dumps(found, indent=2) for name, found in _named(saved).items()}


def _named(saved: dict[str, Any]) -> dict[str, Any]:
    """The resources; what was read of a folder is only what stands above it."""
    return {
        name: {"name": name.removeprefix(MANAGER), **found} if name.startswith(MANAGER) else found
        for name, found in saved.get("resources", {}).items()
    }


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
