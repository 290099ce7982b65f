"""What gcloud prints of a Cloud Run service for people to read, without `--format`."""

from __future__ import annotations

import re

from ...deferred import regex
from ...model.evidence import PieceKind
from ..paste import Paste
from .exports import service_export

_HEAD = regex(
    r"^\s{0,8}(?:[✔✘X!.+-]\s+)?Service (?P<name>[a-z][a-z0-9-]{0,62}) in region (?P<region>[a-z]+-[a-z]+\d)\s*$"
)
_PAIR = regex(r"^\s*(?P<key>[A-Z][\w /-]{1,40}?):\s+(?P<value>\S.*)$")
_LINES = 80


def read(paste: Paste) -> None:
    """Take each description of a service."""
    for index, line in enumerate(paste.lines):
        if "in region" in line and paste.is_free(index) and (found := _HEAD.match(line[:200])):
            _describe(paste, index, found["name"], found["region"])


def _is_over(line: str) -> bool:
    """Whether a line is none of a description's: not indented, no title, no mark."""
    if not line.strip() or line.startswith((" ", "Last updated", "Traffic", "Scaling")):
        return False
    return not re.match(r"^(?:[A-Z][\w /-]{1,40}:|\W)", line)


def _describe(paste: Paste, start: int, name: str, region: str) -> None:
    pairs: dict[str, str] = {}
    end = start + 1
    for index in range(start + 1, min(start + _LINES, len(paste.lines))):
        line = paste.lines[index][:1000]
        if not paste.is_free(index) or index in paste.starts:
            break
        if found := _PAIR.match(line):
            pairs.setdefault(found["key"].lower(), found["value"].strip())
        elif _is_over(line):
            break
        if line.strip():
            end = index + 1
    if not pairs.keys() & {"url", "ingress"}:
        return
    lines = paste.take(start, end, PieceKind.EXPORT, f"description of service {name}")
    command = paste.command_before(start)
    project = (command.flags.get("--project") if command else None) or "-"
    value = _v2(pairs, f"projects/{project}/locations/{region}/services/{name}")
    made = service_export(value, lines)
    paste.exports.append(made)
    paste.resources.add(made, value)


def _v2(pairs: dict[str, str], name: str) -> dict[str, object]:
    """The same in the words of the API."""
    access: dict[str, object] = {}
    if network := pairs.get("network"):
        access["networkInterfaces"] = [{"network": network, "subnetwork": pairs.get("subnet", "")}]
    if connector := pairs.get("connector") or pairs.get("vpc connector"):
        access["connector"] = connector
    if access:
        access["egress"] = pairs.get("egress", "")
    return {
        "name": name,
        "urls": [pairs["url"].split(" ")[0]] if "url" in pairs else [],
        "ingress": pairs.get("ingress", "").lower(),
        "invokerIamDisabled": pairs.get("invoker iam check", "").lower() == "disabled",
        "iapEnabled": pairs.get("iap", "").lower() in {"enabled", "true", "on"},
        "template": {"serviceAccount": pairs.get("service account", ""), "vpcAccess": access},
    }
