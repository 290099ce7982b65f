"""What the tools answer: the report in brief, and the shapes that they publish."""

from __future__ import annotations

import json
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from ..report import json as json_report
from ..report.document import Report
from ..report.headline import headline
from .quoting import Json, OthersText, Quotes, minified

BYTES: Final = 12_000
"""As long as an answer may be."""
_MOST: Final = (8, 5, 3, 2, 1)
"""So many things of one list are kept, until the answer is short enough."""
_LONGEST: Final = (2000, 2000, 700, 400, 200)
"""So many characters of a sentence, likewise."""
_FIRST: Final = "findings", "stages"
"""What is never left out for want of room."""


def untitled(schema: dict[str, Any]) -> None:
    """Leave out of a schema what tells nothing: each client pays for it in every conversation."""
    schema.pop("title", None)
    for one in schema.get("properties", {}).values():
        one.pop("title", None)
        one.get("items", {}).pop("additionalProperties", None)
        if not one.get("default", True):
            del one["default"]


def _bare(schema: dict[str, Any]) -> None:
    untitled(schema)
    schema.pop("description", None)
    del schema["additionalProperties"]  # any other key may stand there, which is what leaving it out says too


class Answer(BaseModel):
    """What an answer has: the keys to look at first. The schema stays short, for each conversation pays for it."""

    model_config = ConfigDict(extra="allow", json_schema_extra=_bare)

    quoted: dict[str, str]


class ReportAnswer(Answer):
    """The report of `check` and `explain`: keys as in `--format json`, in brief."""

    verdict: str
    conclusion: str
    cause: str | None
    open: list[dict[str, Any]]
    asks: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    next: str


class PlanAnswer(Answer):
    """A planned change; `plan` is null where it is not one that `apply` makes, and `why` says why."""

    plan: str | None
    why: str
    diff: list[str]
    run: str


class OutcomeAnswer(Answer):
    """What became of a change."""

    made: bool
    why: str
    receipt: str | None
    run: str


def answered(report: Report, others: OthersText, uri: str, *, full: bool) -> dict[str, Json]:
    """Return a report as an agent needs it.

    `full`: all of it is told, as far as there is room; else what to act on.
    """
    whole: dict[str, Any] = json.loads(json_report.render(report))
    if full:
        whole |= {"answer": None}  # what an application answers is nothing that an agent reads
        return fitting({**whole, "verdict": _verdict(report), "next": _next(whole), "report": uri}, others)
    kept: dict[str, Any] = {
        "schema": whole["schema"],
        "verdict": _verdict(report),
        **{key: whole[key] for key in ("conclusion", "cause", "exit", "sandbox", "target", "caller")},
        "stages": [{key: one[key] for key in ("stage", "verdict")} for one in whole["stages"]],
        "findings": [_finding(one) for one in whole["findings"]],
        "open": whole["open"],
        "asks": whole["asks"],
        "said": whole["said"],
        "assuming": whole["assuming"],
        "audiences": whole["audiences"],
        "unread": [{key: one[key] for key in ("read", "target", "permission", "hides")} for one in whole["unread"]],
        "requests": whole["requests"],
        "checked_at": whole["checked_at"],
        "next": _next(whole),
        "report": uri,
    }
    return fitting(kept, others)


def fitting(document: dict[str, Any], others: OthersText) -> dict[str, Json]:
    """Return an answer without what others wrote, and cut to the length that an answer may have."""
    quotes = Quotes(others)
    plain = quotes.without(document)
    assert isinstance(plain, dict)
    for most, longest in zip(_MOST, _LONGEST, strict=True):
        left_off: dict[str, int] = {}
        kept = {key: _cut(value, most, longest, key, left_off) for key, value in plain.items()}
        shown = {**kept, "quoted": _mentioned(quotes.quoted, minified(kept)), "left_off": dict[str, Json](left_off)}
        if len(minified(shown).encode()) <= BYTES:
            break
    return shown


def whole(report: Report, others: OthersText) -> str:
    """Return the whole report as JSON, without what others wrote but under `quoted`."""
    quotes = Quotes(others)
    document = quotes.without(json.loads(json_report.render(report)))
    assert isinstance(document, dict)
    return minified({**document, "quoted": dict[str, Json](quotes.quoted)})


def _mentioned(quoted: dict[str, str], text: str) -> dict[str, Json]:
    return {name: piece for name, piece in quoted.items() if f"[quoted {name}]" in text}


def _cut(value: Json, most: int, longest: int, key: str, left_off: dict[str, int]) -> Json:
    match value:
        case str() if key not in {"gcloud", "command", "code", "page"}:
            return value if len(value) <= longest else f"{value[:longest]}…"
        case list():
            kept = value if key in _FIRST[1:] else value[:most]
            if len(kept) < len(value):
                left_off[key] = left_off.get(key, 0) + len(value) - len(kept)
            return [_cut(one, most, longest, key, left_off) for one in kept]
        case dict():
            return {name: _cut(one, most, longest, name, left_off) for name, one in value.items()}
        case _:
            return value


def _verdict(report: Report) -> str:
    """Return the main line of the report."""
    line = str(headline(report)).removesuffix(":")
    return f"SANDBOX: {line}" if report.sandbox else line


def _finding(one: dict[str, Any]) -> dict[str, Any]:
    keys = ("id", "stage", "verdict", "title", "because", "assuming")
    numbered = [(number, fix) for number, fix in enumerate(one["fixes"], 1)]
    fixes = [
        {"n": number, **{key: fix[key] for key in ("text", "gcloud", "widens", "danger", "applicable")}}
        for number, fix in sorted(numbered, key=lambda pair: bool(pair[1]["widens"]))
    ]
    return {**{key: one[key] for key in keys}, "fixes": fixes}


def _next(whole: dict[str, Any]) -> str:
    """Return what to do now, in a sentence; never what widens access."""
    conclusion, asks = whole["conclusion"], whole["asks"]
    first = whole["findings"][:1] if whole["cause"] else []
    fixes = [fix for one in first for fix in one["fixes"] if not fix["widens"]]
    permissions = [one["permission"] for one in whole["unread"] if one["permission"]]
    if conclusion == "clear" and not whole["calls"]:
        return "By the settings nothing blocks this call; no test call was made. Make one if it still fails."
    if conclusion == "clear":
        return "Nothing blocks this call, so change nothing; look into the application's own logs if it still fails."
    if conclusion == "contradicted":
        return (
            "Change nothing yet: the settings and a call contradict each other; a person must find out which is right."
        )
    if fixes and not asks:
        return f"Do this: {fixes[0]['text']}"
    if asks:
        return (
            "Get an answer to the first of `asks`, by its command or from the person, and call again with all text and "
            "all of `say`; stop after three rounds in which `open` gets no shorter."
        )
    if permissions:
        return f"Ask an administrator for {permissions[0]}, or run this as somebody who has it, and check again."
    if whole["cause"]:
        return "Every fix widens access: show them to the person, and leave the choice to them."
    return "Give more of the failing call: its status, its headers and its body, the caller's log, the caller's code."
