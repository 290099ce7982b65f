"""Terraform's source: blocks of the resources that decide, as the settings that they make.

Source: https://registry.terraform.io/providers/hashicorp/google/latest/docs
"""

from __future__ import annotations

from dataclasses import replace

from ...deferred import regex
from ...model.evidence import PieceKind
from ..box import Box
from .exports import resource, service_export

_BLOCK = regex(r'^[\s+~-]{0,8}resource\s+"(?P<type>google_\w{1,60})"\s+"(?P<label>[\w-]{1,80})"\s*\{')
_KINDS = frozenset(
    {
        "google_cloud_scheduler_job",
        "google_cloud_tasks_queue",
        "google_pubsub_subscription",
        "google_eventarc_trigger",
        "google_cloud_run_v2_service",
        "google_cloud_run_service",
        "google_compute_region_network_endpoint_group",
        "google_compute_backend_service",
        "google_compute_region_backend_service",
        "google_compute_subnetwork",
        "google_dns_managed_zone",
    }
)
_OPENS = regex(r"^[\s+~-]*(?P<key>[A-Za-z_]\w{0,60})\s*=?\s*\{\s*(?:#.*)?$")
_PAIR = regex(r"^[\s+~-]*[\"']?(?P<key>[A-Za-z_][\w./-]{0,90})[\"']?\s*[=:]\s*(?P<value>\S.{0,2000})$")
_CHANGED = regex(r"^(?P<old>\"[^\"]*\"|\S+) -> (?P<new>\"[^\"]*\"|[^\s#]+)")
_REMOVED = regex(r"^\s*-\s")
_LIST = regex(r"\"([^\"]{1,500})\"")
_LINES = 120
_DEPTH = 8
_DECIDING = ("customAudiences", "invokerIamDisabled", "defaultUriDisabled", "iapEnabled", "egress")
_REPEATED = frozenset({"containers", "env", "rules", "network_interfaces", "ports"})


def read(box: Box) -> None:
    """Take the resources of Terraform's source and plans that send calls or receive them."""
    index = 0
    while index < len(box.lines):
        line = box.lines[index]
        found = _BLOCK.match(line[:300]) if "resource" in line and box.taken[index] != 1 else None
        if not found or found["type"] not in _KINDS:
            index += 1
            continue
        end, value = _parse(box.lines, index)
        _add(box, index, end, found["type"], found["label"], value)
        index = max(end, index + 1)


def _parse(lines: list[str], start: int) -> tuple[int, dict[str, object]]:
    """Return the block's end and what it holds, its words as Google's APIs write them."""
    root: dict[str, object] = {}
    stack: list[dict[str, object]] = [root]
    index = start + 1
    while index < min(start + _LINES, len(lines)) and stack:
        line = lines[index][:3000].rstrip()
        index += 1
        if opening := _OPENS.match(line):
            inner: dict[str, object] = {}
            if not _REMOVED.match(line):
                _put(stack[-1], _camel(opening["key"]), inner, repeated=opening["key"] in _REPEATED)
            stack.append(inner)
            if len(stack) > _DEPTH:
                break
        elif line.strip().lstrip("+~- ") in {"}", "},"}:
            stack.pop()
        elif not _REMOVED.match(line) and (pair := _PAIR.match(line)):
            stack[-1][_camel(pair["key"])] = _value(pair["value"])
    return index, root


def _put(into: dict[str, object], key: str, inner: dict[str, object], *, repeated: bool) -> None:
    if not repeated:
        into[key] = inner
        return
    listed = into.setdefault(key, [])
    if isinstance(listed, list):
        listed.append(inner)


def _camel(key: str) -> str:
    if "/" in key or "." in key or "-" in key:
        return key
    first, *others = key.split("_")
    return first + "".join(word.capitalize() for word in others)


def _value(text: str) -> object:
    """Of a change, what will be; an expression, or a list that goes on below, is an empty text: set, and not known."""
    if changed := _CHANGED.match(text):
        text = changed["new"]
    text = text.split("  #", 1)[0].strip().rstrip(",")
    if text.startswith("["):
        return _LIST.findall(text) if text.endswith("]") and not _LIST.sub("", text).strip("[], ") else ""
    if text.startswith('"'):
        inside = text[1:].partition('"')[0]
        return "" if "${" in inside else inside
    return {"true": True, "false": False}.get(text, "")


def _is_partly_known(value: dict[str, object]) -> bool:
    """Whether a service has settings that the source computes: they are unknown, and not at their defaults."""
    template = value.get("template")
    inner = template if isinstance(template, dict) else {}
    access = inner.get("vpcAccess")
    parts = (each for each in (value, inner, access) if isinstance(each, dict))
    return any(part.get(key) == "" for part in parts for key in _DECIDING)


def _full_name(value: dict[str, object], name: object) -> str:
    return f"projects/{value.get('project') or '-'}/locations/{value.get('location') or '-'}/services/{name}"


def _add(box: Box, start: int, end: int, kind: str, label: str, value: dict[str, object]) -> None:
    lines = (start + 1, end)
    name = value.get("name") or label
    if kind == "google_cloud_run_v2_service":
        value = {**value, "name": _full_name(value, name)}
        made = service_export(value, lines)
        if "ingress" not in value:
            return
        made = replace(made, partial=_is_partly_known(value))
    elif kind == "google_cloud_run_service":
        return
    else:
        value = {**value, "name": name}
        if isinstance(iap := value.get("iap"), dict):
            value["iap"] = {"enabled": True, **iap}  # the block alone switches it on
        found = resource(value, lines)
        if found is None:
            return
        made = found
    box.list_softly(start, end, PieceKind.EXPORT, f"Terraform {kind} {label}")
    made = replace(made, wanted=True)
    box.exports.append(made)
    box.resources.add(made, value)
