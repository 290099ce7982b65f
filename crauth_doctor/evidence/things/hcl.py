"""Terraform's source and plans: blocks of the resources that decide, as the settings that they make.

Source: https://registry.terraform.io/providers/hashicorp/google/latest/docs
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from ...deferred import dataclass, regex
from ...google_json import json_access as look
from ...google_json.declared import of_terraform
from ...model.evidence import PieceKind
from ..paste import Paste
from .exports import export_of, with_trigger
from .expressions import to_an_api

_BLOCK = regex(r'^[\s+~-]{0,8}(?:resource|data)\s+"(?P<type>google_\w{1,60})"\s+"(?P<label>[\w-]{1,80})"\s*\{')
_PART = regex(r"^[\s+~-]{0,12}(?P<key>http_target|push_config)\s*\{\s*$")
_WHOLE = {"http_target": "google_cloud_scheduler_job", "push_config": "google_pubsub_subscription"}
"""A block that tells what is called and with which token, pasted without the resource around it."""
_OPENS = regex(r"^[\s+~-]*(?P<key>[A-Za-z_]\w{0,60})\s*=?\s*\{\s*(?:#.*)?$")
_PAIR = regex(r"^[\s+~-]*[\"']?(?P<key>[A-Za-z_][\w./-]{0,90})[\"']?\s*[=:]\s*(?P<value>\S.{0,2000})$")
_CHANGED = regex(r"^(?P<old>\"[^\"]*\"|\S+) -> (?P<new>\"[^\"]*\"|[^\s#]+)")
_REMOVED = regex(r"^\s*-\s")
_HIDDEN = regex(r"^\s*# \(\d+ unchanged \w+ hidden\)")
_ITEM = regex(r"\"(?P<text>[^\"]{0,500})\"|(?P<words>[A-Za-z_][\w.\[\]-]{1,200})")
_QUOTED = regex(r'"((?:[^"\\]|\\.)*)"')
_REFERENCE = regex(r"(?:data\.)?(?P<type>google_\w+)\.(?P<label>[\w-]+)(?:\[[^\]]*\])?\.(?P<key>\w+)")
_INSIDE = regex(r"\$\{\s*([^}]*?)\s*\}")
_LINES = 120
_DEPTH = 8
_DECIDING = ("custom_audiences", "invoker_iam_disabled", "default_uri_disabled", "iap_enabled", "egress")
_REPEATED = frozenset({"containers", "env", "rules", "network_interfaces", "ports", "binding"})
_POLICY = "google_iam_policy"


@dataclass(frozen=True)
class _Expression:
    """What is computed: words of Terraform, or a text with such words in it."""

    text: str


@dataclass(frozen=True)
class _Block:
    """One block, with what is computed in it as it is written."""

    lines: tuple[int, int]  # indices of its first line, and after its last
    kind: str  # `google_cloud_run_v2_service`, and the like
    label: str  # its name in the source
    values: dict[str, object]  # what it holds, in Terraform's words
    hides: bool  # whether it is of a plan that leaves out what does not change


def read(paste: Paste) -> None:
    """Take the resources of Terraform's source and plans that send calls, receive them, or let callers in."""
    blocks: list[_Block] = []
    index = 0
    while index < len(paste.lines):
        block = _at(paste.lines, index) if paste.taken[index] != 1 else None
        blocks += [block] if block else []
        index = max(block.lines[1], index + 1) if block else index + 1
    by_name = {(each.kind, each.label): each.values for each in blocks}
    for block in blocks:
        _add(paste, block, _resolved(block.values, lambda text: _computed(text, by_name)))


def _at(lines: list[str], index: int) -> _Block | None:
    """Return the block that starts on a line, if one does."""
    line = lines[index][:300]
    if "google_" in line and (found := _BLOCK.match(line)):
        return _parsed(lines, index, found["type"], found["label"])
    if "{" in line and (found := _PART.match(line)):
        inner = _parsed(lines, index, _WHOLE[found["key"]], "-")
        return replace(inner, values={found["key"]: inner.values})
    return None


def _parsed(lines: list[str], start: int, kind: str, label: str) -> _Block:
    root: dict[str, object] = {}
    stack: list[dict[str, object]] = [root]
    index, hides = start + 1, False
    while index < min(start + _LINES, len(lines)) and stack and len(stack) <= _DEPTH:
        line = lines[index][:3000].rstrip()
        index += 1
        hides = hides or bool(_HIDDEN.match(line))
        if opening := _OPENS.match(line):
            inner: dict[str, object] = {}
            if not _REMOVED.match(line):
                _put(stack[-1], opening["key"], inner, repeated=opening["key"] in _REPEATED)
            stack.append(inner)
        elif line.strip().lstrip("+~- ") in {"}", "},"}:
            stack.pop()
        elif not _REMOVED.match(line) and (pair := _PAIR.match(line)):
            text, index = _whole_list(pair["value"], lines, index)
            stack[-1][pair["key"]] = _value(text)
    return _Block((start, index), kind, label, root, hides)


def _put(into: dict[str, object], key: str, inner: dict[str, object], *, repeated: bool) -> None:
    if not repeated:
        into[key] = inner
        return
    listed = into.setdefault(key, [])
    if isinstance(listed, list):
        listed.append(inner)


def _whole_list(text: str, lines: list[str], index: int) -> tuple[str, int]:
    """Return a list with the lines on which it goes on, and the index after them."""
    if not text.startswith("[") or "]" in text:
        return text, index
    for end in range(index, min(index + _LINES, len(lines))):
        text = f"{text} {lines[end].partition('#')[0].strip().lstrip('+~ ')}"
        if "]" in lines[end]:
            return text, end + 1
    return text, index


def _value(text: str) -> object:
    """Of a change, what will be."""
    if changed := _CHANGED.match(text):
        text = changed["new"]
    text = text.split("  #", 1)[0].strip().rstrip(",")
    if text.startswith("["):
        return [_item(found) for found in _ITEM.finditer(text)] if text.endswith("]") else _Expression(text)
    if quoted := _QUOTED.match(text):
        return _Expression(quoted[0]) if "${" in quoted[1] else quoted[1].replace('\\"', '"')
    return {"true": True, "false": False}.get(text, _Expression(text))


def _item(found: re.Match[str]) -> object:
    text = found["text"]
    return _Expression(found["words"]) if text is None else _Expression(f'"{text}"') if "${" in text else text


def _resolved(value: object, computed: Callable[[str], str]) -> object:
    """Return a value with what is computed in it, as far as the source shows it; else as an empty text."""
    match value:
        case _Expression(text) if text.startswith('"'):
            parts = _INSIDE.split(text.strip('"'))
            filled = [part if at % 2 == 0 else computed(part) for at, part in enumerate(parts)]
            return "".join(filled) if all(filled[1::2]) else to_an_api("".join(part or "${}" for part in filled))
        case _Expression(text):
            return computed(text)
        case dict():
            return {key: _resolved(each, computed) for key, each in value.items()}
        case list():
            return [_resolved(each, computed) for each in value]
        case _:
            return value


def _computed(text: str, blocks: Mapping[tuple[str, str], dict[str, object]]) -> str:
    """Return what another block of the source says; an empty text where none does."""
    found = _REFERENCE.fullmatch(text.strip())
    values = blocks.get((found["type"], found["label"])) if found else None
    if found is None or values is None:
        return ""
    if found["type"] == _POLICY and found["key"] == "policy_data":
        bindings = _resolved(values.get("binding", []), lambda inner: _computed(inner, blocks))
        return json.dumps({"bindings": bindings})
    account, project = look.text(values, "account_id"), look.text(values, "project")
    email = f"{account}@{project}.iam.gserviceaccount.com" if account and project else ""
    if found["key"] in {"email", "member"}:
        return f"serviceAccount:{email}" if email and found["key"] == "member" else email
    return look.text(values, "name" if found["key"] == "id" else found["key"]) or ""


def _is_partly_known(values: object) -> bool:
    """Whether a service has settings that the source computes: they are unknown, and not at their defaults."""
    template = look.mapping(values, "template")
    found = [look.at(part, key) for part in (values, template, template.get("vpc_access")) for key in _DECIDING]
    return any(each == "" or (isinstance(each, list) and "" in each) for each in found)


def _add(paste: Paste, block: _Block, values: object) -> None:
    kind, (start, end) = block.kind, block.lines
    paste.list_softly(start, end, PieceKind.EXPORT, f"Terraform {kind} {block.label}")
    if kind == _POLICY or not isinstance(values, dict):
        return
    named = values if "_iam_" in kind or values.get("name") else {**values, "name": block.label}
    if isinstance(iap := named.get("iap"), dict):
        named = {**named, "iap": {"enabled": True, **iap}}  # the block alone switches it on
    made = of_terraform(kind, named, is_wanted=True)
    partial = block.hides or _is_partly_known(values)
    if made is None or (export := export_of(made, (start + 1, end), partial=partial)) is None:
        return
    for one, value in with_trigger(export, made.value):
        paste.exports.append(one)
        paste.resources.add(one, value)
