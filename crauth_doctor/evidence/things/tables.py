"""What gcloud prints when it is asked for a few fields (`--format='value(…)'`), and its empty lists.

Source: https://docs.cloud.google.com/sdk/gcloud/reference/topic/projections
"""

from __future__ import annotations

import re
from dataclasses import replace
from types import MappingProxyType

from ...deferred import regex
from ...google_json import json_access as look
from ...google_json import services
from ...model.evidence import PieceKind
from ...model.exported import Export, ExportKind
from ..paste import Paste
from ..trees.commands import Command
from ..trees.redactor import clean
from .exports import add_policy, resource_of, service_export

_FIELDS = regex(r"^(?:value|csv|table)(?:\[[^\]]{0,80}\])?\((?P<fields>[^)]{1,400})\)$")
_PAIR = regex(r"(?P<key>[\w./-]{2,120})=(?P<value>[^;]{0,300})(?:;|$)")
_KEY = regex(r"\.?(?:\[?(?P<by>[\"'])(?P<quoted>[^\"']{1,120})(?P=by)\]?|(?P<plain>[A-Za-z_][\w-]{0,80}))")
_ROLE = regex(r"^\s*(?:ROLE|(?:roles|projects/[\w-]+/roles|organizations/\d+/roles)/[\w.]+)\s*$")
_OF_ONE = regex(r"\bbindings\.members\s?[:=]\s?[\"']?(?P<member>(?:[A-Za-z]+:)?[\w.+-]{1,100}@[\w.-]{1,100})[\"']?$")
"""A filter for the bindings of one member, as Google's pages have it.

Source: https://docs.cloud.google.com/iam/docs/granting-changing-revoking-access#view-access
"""
_EMPTY = "Listed 0 items."
_ROWS = 50


def read(paste: Paste) -> None:
    """Take the rows under each gcloud command that asks for fields, and note lists that are empty."""
    for command in paste.commands:
        if command.program != "gcloud" or not paste.is_free(command.end):
            continue
        first = paste.lines[command.end].strip()
        asked = _FIELDS.match(command.flags.get("--format", "").strip("'\""))
        if first == _EMPTY:
            paste.take(command.end, command.end + 1, PieceKind.EXPORT, f"fields of {command.group}")
        elif asked and (of_one := _OF_ONE.search(command.flags.get("--filter", ""))):
            _roles(paste, command, of_one["member"], asked["fields"])
        elif asked and first:
            _rows(paste, command, [name.strip() for name in asked["fields"].split(",")])


def _roles(paste: Paste, command: Command, member: str, fields: str) -> None:
    """Take the roles of one member as the part of the policy that they are."""
    after = command.end
    while paste.is_free(after) and _ROLE.match(paste.lines[after][:200]) and after not in paste.starts:
        after += 1
    roles = [line.strip() for line in paste.lines[command.end : after] if "/" in line]
    if not roles or fields.strip() != "bindings.role" or "get-iam-policy" not in command.group:
        return
    kind = "serviceAccount" if member.endswith(".gserviceaccount.com") else "user"
    whole = member if ":" in member else f"{kind}:{member}"
    lines = paste.take(command.end, after, PieceKind.EXPORT, f"roles of {member}")
    add_policy(paste, {role: {whole} for role in roles}, command, lines, partial=True)


def _rows(paste: Paste, command: Command, names: list[str]) -> None:
    index = command.end
    while paste.is_free(index) and paste.lines[index].strip() and index - command.end < _ROWS:
        line = paste.lines[index][:4000]
        if index in paste.starts:
            break
        pairs = _pairs(line)
        _add(paste, command, index + 1, pairs or _cells(line, names), f'{names[0]}."{{}}"' if pairs else "{}")
        index += 1


def _part(command: Command, fields: dict[str, str]) -> dict[str, object]:
    """Return the part of a service that its fields are, as an API writes it; an empty one where they are of none."""
    name = resource_of(command) or ""
    if not command.group.startswith("run services describe") or "/services/" not in name:
        return {}
    _, project, _, region, _, service = name.removeprefix("//run.googleapis.com/").split("/")
    value: dict[str, object] = {}
    for key, text in fields.items():
        _put(value, key, text)
    account = look.text(value, "spec", "template", "spec", "serviceAccountName")
    if services.is_v1(value):
        _put(value, "metadata.name", service)
        _put(value, "metadata.namespace", project)
        _put(value, 'metadata.labels."cloud.googleapis.com/location"', region)
    else:
        value |= {"name": name.removeprefix("//run.googleapis.com/")}
        value |= {"template": {"serviceAccount": account}} if account else {}
    return value if services.is_v1(value) or services.is_v2(value) else {}


def _put(value: dict[str, object], path: str, text: str) -> None:
    """Put a text where a projection's key says; a key that computes something is left out."""
    keys = [found["quoted"] or found["plain"] for found in _KEY.finditer(path)]
    if not text or "".join(found[0] for found in _KEY.finditer(path)) != path:
        return
    for key in keys[:-1]:
        inner = value.setdefault(key, {})
        if not isinstance(inner, dict):
            return
        value = inner
    value.setdefault(keys[-1], text)


def _pairs(line: str) -> dict[str, str]:
    """Read a mapping as gcloud flattens it: `key=value;key=value`."""
    return {found["key"]: found["value"] for found in _PAIR.finditer(line)} if "=" in line else {}


def _cells(line: str, names: list[str]) -> dict[str, str]:
    cells = line.split("\t") if "\t" in line else re.split(r"\s{2,}|,", line.strip())
    return dict(zip(names, (cell.strip() for cell in cells), strict=False))


def _add(paste: Paste, command: Command, end: int, fields: dict[str, str], key: str = "{}") -> None:
    group = command.group
    lines = paste.take(end - 1, end, PieceKind.EXPORT, f"fields of {group}")
    kept = {name[:120]: clean(value, 300) for name, value in fields.items()}
    name = resource_of(command) if " list" not in group else None
    part = _part(command, {key.format(field): value for field, value in kept.items()})
    made = service_export(part, lines) if part else Export(ExportKind.OTHER, lines, name)
    made = replace(made, fields=MappingProxyType(kept), command=group[:200], partial=True)
    paste.exports.append(made)
    if part:
        paste.resources.add(made, part)
