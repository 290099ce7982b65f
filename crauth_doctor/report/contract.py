"""What became of a contract of who may call what, in each format; and a contract of what is true now."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Final
from xml.etree import ElementTree as ET

from ..deferred import dataclass
from ..fixes.names import in_words
from ..model.answer import CannotTell, No, Yes
from ..model.fact import Unknown
from ..model.holder import Holder, Holders, Standing
from ..model.run import Service
from ..redaction import Json, clean
from .document import OBSTACLES, SANDBOX, source_in_words, unread_as_json, whole
from .github import command
from .json import written
from .junit import counted, without_dots, xml_of, xml_text
from .layout import INDENT, Hue, Look, TextPage
from .markdown_text import cell, escaped
from .sarif import log_of, rule_json
from .status import ExitStatus, worst


class ContractVerdict(StrEnum):
    """How one part of a contract stands."""

    MET = "met"
    BROKEN = "broken"
    CANNOT_TELL = "cannot-tell"


@dataclass(frozen=True)
class ClauseResult:
    """One part of one expectation, held against what is true."""

    expectation: str  # id of the expectation
    clause: str  # its key: `may`, `may-not`, `only`, `public`, `audience`, `ingress`, `runs-as`
    service: str  # as the file names it
    subject: str  # the caller, or the value that is wanted; empty where the clause says it all
    line: int  # of the file, counted from 1
    verdict: ContractVerdict
    because: str  # what shows it, in a sentence
    cause: str = ""  # id of the cause that breaks it, where a rule found one; else empty
    missing: tuple[Unknown, ...] = ()  # the reads that failed and would decide

    @property
    def title(self) -> str:
        """The clause in the file's own words."""
        return clean(f"{self.clause} {self.subject}" if self.subject else self.clause)

    @property
    def sentence(self) -> str:
        """Why it stands as it does."""
        return whole(clean(self.because))

    @property
    def unread(self) -> Iterator[str]:
        """What could not be read, a sentence each."""
        for one in self.missing:
            needs = f" It needs {clean(one.permission)}." if one.permission else ""
            yield f"{source_in_words(one.source)}: {OBSTACLES[one.obstacle]}.{needs}"


@dataclass(frozen=True)
class ContractResults:
    """All of them."""

    file: str
    clauses: tuple[ClauseResult, ...]
    sandbox: bool = False  # whether it was held against a pretend cloud
    tolerated: bool = False  # whether what cannot be told is let pass

    @property
    def exit(self) -> ExitStatus:
        """What the process ends with."""
        statuses = {
            ContractVerdict.MET: ExitStatus.CLEAR,
            ContractVerdict.BROKEN: ExitStatus.BLOCKED,
            ContractVerdict.CANNOT_TELL: ExitStatus.CLEAR if self.tolerated else ExitStatus.CANNOT_TELL,
        }
        return worst(statuses[one.verdict] for one in self.clauses)

    @property
    def summary(self) -> str:
        """The outcome in one sentence."""
        broken, unsure = (
            sum(one.verdict is verdict for one in self.clauses)
            for verdict in (ContractVerdict.BROKEN, ContractVerdict.CANNOT_TELL)
        )
        number = len(self.clauses)
        counted = "1 clause" if number == 1 else f"{number} clauses"
        return f"{counted}: {broken} broken, {unsure} undecided, {number - broken - unsure} met."


FORMATS: Final = ("text", "json", "markdown", "sarif", "junit", "github")
"""Those that there are."""


def rendered(name: str, found: ContractResults, look: Look | None = None, *, every: bool = False) -> str:
    """Return a contract's results in one of the formats; `every`: SARIF lists what is met as well."""
    match name:
        case "json":
            return _json(found)
        case "markdown":
            return _markdown(found)
        case "sarif":
            return _sarif(found, every=every)
        case "junit":
            return _junit(found)
        case "github":
            return _github(found)
        case _:
            return _text(found, look)


_SHOWN: Final = {
    ContractVerdict.MET: ("met", Hue.GOOD),
    ContractVerdict.BROKEN: ("BROKEN", Hue.BAD),
    ContractVerdict.CANNOT_TELL: ("cannot tell", Hue.UNSURE),
}
_COLUMN: Final = 12
"""Where the clauses begin, after the verdicts."""


def _text(found: ContractResults, look: Look | None = None) -> str:
    page = TextPage(look or Look())
    hue = {ExitStatus.BLOCKED: Hue.BAD, ExitStatus.CANNOT_TELL: Hue.UNSURE}.get(found.exit, Hue.GOOD)
    page.headline(found.summary, hue, "")
    if found.sandbox:
        page.paragraph(SANDBOX)
    for name in dict.fromkeys(one.expectation for one in found.clauses):
        clauses = [one for one in found.clauses if one.expectation == name]
        page.heading(f"{clean(name)} ({clean(clauses[0].service)})")
        for one in clauses:
            _clause_text(page, one, found.file)
    return str(page)


def _clause_text(page: TextPage, one: ClauseResult, file: str) -> None:
    word, hue = _SHOWN[one.verdict]
    under = INDENT + " " * _COLUMN
    cause = f" [{one.cause}]" if one.cause else ""
    first, *rest = page.wrapped(f"{word:<{_COLUMN}}{one.title}{cause}", INDENT, under)
    page.lines += [first.replace(word, page.paint(word, hue), 1), *rest]
    if one.verdict is not ContractVerdict.MET:
        page.paragraph(f"{clean(file)}, line {one.line}: {one.sentence}", under)
        for text in one.unread:
            page.item(text, under)


def _json(found: ContractResults) -> str:
    return written(
        {
            "sandbox": found.sandbox,
            "contract": clean(found.file),
            "unknownTolerated": found.tolerated,
            "results": [_result_json(one) for one in found.clauses],
            "exit": found.exit.value,
        },
    )


def _result_json(one: ClauseResult) -> object:
    return {
        "id": clean(one.expectation),
        "clause": one.clause,
        "service": clean(one.service),
        "subject": clean(one.subject),
        "line": one.line,
        "result": one.verdict.value,
        "because": clean(one.because),
        "cause": one.cause or None,
        "unread": [unread_as_json(unread) for unread in one.missing],
    }


_MARKS: Final = {ContractVerdict.MET: "✓", ContractVerdict.BROKEN: "✗", ContractVerdict.CANNOT_TELL: "?"}


def _markdown(found: ContractResults) -> str:
    mark = {ExitStatus.BLOCKED: "✗", ExitStatus.CANNOT_TELL: "?"}.get(found.exit, "✓")
    lines = [f"## {mark} {escaped(found.file)}: {found.summary}", ""]
    if found.sandbox:
        lines += [SANDBOX, ""]
    lines += ["| | service | clause | why |", "|---|---|---|---|"]
    for one in found.clauses:
        cause = f" ({cell(one.cause)})" if one.cause else ""
        why = " ".join([escaped(one.sentence), *map(escaped, one.unread)])
        lines.append(
            f"| {_MARKS[one.verdict]} {one.verdict.value} | {cell(one.service)} | {cell(one.title)} | {why}{cause} |"
        )
    return "\n".join(lines) + "\n"


_MOST_RESULTS: Final = 1000
"""Results at most: GitHub takes more, and nobody reads them."""


def _sarif(found: ContractResults, *, every: bool) -> str:
    told = [one for one in found.clauses if every or one.verdict is not ContractVerdict.MET][:_MOST_RESULTS]
    rules = list(dict.fromkeys(_rule(one) for one in told))
    titles = {_rule(one): one.sentence for one in reversed(told)}
    how = {rule: "See what the contract expects at this line." for rule in rules if rule.startswith("contract/")}
    return log_of(
        "expect",
        {"rules": [rule_json(rule, titles[rule], how.get(rule, "")) for rule in rules]},
        {"executionSuccessful": True, "exitCode": found.exit.value},
        [_sarif_result(found, one, rules.index(_rule(one))) for one in told],
    )


def _rule(one: ClauseResult) -> str:
    return one.cause or f"contract/{one.clause.replace(' ', '-')}"


def _sarif_result(found: ContractResults, one: ClauseResult, index: int) -> Json:
    levels = {
        ContractVerdict.BROKEN: "error",
        ContractVerdict.CANNOT_TELL: "note" if found.tolerated else "warning",
        ContractVerdict.MET: "none",  # the only level that goes with `pass`
    }
    key = (one.expectation, one.service, one.clause, one.subject)
    return {
        "ruleId": _rule(one),
        "ruleIndex": index,
        "level": levels[one.verdict],
        "kind": "pass" if one.verdict is ContractVerdict.MET else "fail",
        "message": {"text": " ".join([f"{clean(one.service)}: {one.title}: {one.sentence}", *one.unread])},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _path(found.file)},
                    "region": {"startLine": one.line},
                }
            }
        ],
        "partialFingerprints": {"crauthDoctor/v1": hashlib.sha256(repr(key).encode()).hexdigest()},
        "properties": {"expectation": clean(one.expectation), "sandbox": found.sandbox},
    }


def _path(file: str) -> str:
    """Return the file as a relative path, which is all that code scanning takes."""
    words = [re.sub(r"[^A-Za-z0-9_.-]+", "_", clean(word)) for word in file.split("/")]
    return "/".join(word for word in words if word not in {"", ".", ".."}) or "contract.yaml"


def _junit(found: ContractResults) -> str:
    return xml_of(
        _suite(name, [one for one in found.clauses if one.expectation == name], tolerated=found.tolerated)
        for name in dict.fromkeys(one.expectation for one in found.clauses)
    )


def _suite(name: str, clauses: list[ClauseResult], *, tolerated: bool) -> ET.Element:
    suite = ET.Element("testsuite", name=xml_text(name))
    place = f"crauth-doctor.{without_dots(f'{name} {clauses[0].service}')}"
    suite.attrib |= counted([_case(suite, place, one, tolerated=tolerated) for one in clauses])
    return suite


def _case(suite: ET.Element, place: str, one: ClauseResult, *, tolerated: bool) -> str:
    case = ET.SubElement(suite, "testcase", classname=place, name=xml_text(one.title), time="0")
    match one.verdict:
        case ContractVerdict.MET:
            return ""
        case ContractVerdict.BROKEN:
            kind = "failure"
        case ContractVerdict.CANNOT_TELL:
            kind = "skipped" if tolerated else "error"
    told = ET.SubElement(case, kind, message=xml_text(one.sentence))
    if kind != "skipped":
        told.set("type", one.cause or f"contract/{one.verdict.value}")
    told.text = "\n".join(xml_text(text) for text in (one.sentence, *(f"- {each}" for each in one.unread)))
    return kind


_MOST_ANNOTATIONS = 9
"""Of one kind, beside the line that counts the rest: GitHub shows ten.

Source: https://github.com/orgs/community/discussions/26680
"""


def _github(found: ContractResults) -> str:
    """Return one workflow command a line: errors for what is broken, warnings for what cannot be told."""
    levels = {
        ContractVerdict.BROKEN: "error",
        ContractVerdict.CANNOT_TELL: "notice" if found.tolerated else "warning",
    }
    lines = []
    for verdict, level in levels.items():
        clauses = [one for one in found.clauses if one.verdict is verdict]
        for one in clauses[:_MOST_ANNOTATIONS]:
            why = " ".join([f"{one.service}: {one.title}: {one.sentence}", *one.unread])
            lines.append(command(level, one.cause or one.expectation, why, file=found.file, line=one.line))
        if len(clauses) > _MOST_ANNOTATIONS:
            lines.append(command(level, "more", f"{len(clauses) - _MOST_ANNOTATIONS} more are in the report."))
    sandbox = "SANDBOX, not Google. " if found.sandbox else ""
    lines.append(command("notice", "contract", f"{sandbox}{found.summary}"))
    return "".join(f"{line}\n" for line in lines)


_SEVERAL: Final = frozenset({"group", "domain", "projectOwner", "projectEditor", "projectViewer"})
"""Kinds of members that stand for more than one."""


@dataclass(frozen=True)
class ContractDraft:
    """What a contract could say of one service."""

    service: Service
    holders: Holders  # who may invoke it
    is_agent: Callable[[str], bool]  # tells Google's own service agents from other members


def contract_of(drafts: Iterable[ContractDraft]) -> str:
    """Return a contract that holds now, each line with what it rests on, as YAML."""
    lines = ["version: 1", "expect:", *(line for one in drafts for line in _drafted(one))]
    return "\n".join(lines) + "\n"


def _drafted(draft: ContractDraft) -> Iterator[str]:
    service, found = draft.service, draft.holders
    reference = f"run/{service.id}@{service.project}/{service.region}"
    yield f"  - id: {_scalar(f'{service.id}-{service.region}')}"
    yield f"    service: {_scalar(reference)}{_comment(service.url)}"
    match found.is_open:
        case Yes(because):
            yield f"    #{_comment(f'public: {because}; so nothing is said of who may call it').strip()[1:]}"
        case CannotTell(because):
            yield f"    #{_comment(f'whether it is public could not be told: {because}').strip()[1:]}"
        case No(because):
            yield from _who(draft, because)
    if found.ingress:
        yield f"    ingress: {_scalar(found.ingress)}{_comment('run.services.get')}"
    if service.url:
        yield f"    audience: {_scalar(service.url)}{_comment('the first of its URLs')}"
    account = service.account or ""
    is_default = not account or account.endswith("-compute@developer.gserviceaccount.com")
    shown, how = ("default-compute", account or "none is set") if is_default else (account, "run.services.get")
    yield f"    runs-as: {_scalar(shown)}{_comment(how)}"


def _who(draft: ContractDraft, because: str) -> Iterator[str]:
    found = draft.holders
    may = {one.member: one for one in reversed(found.holders) if one.may is not False}
    agents = [member for member in may if draft.is_agent(member)]
    single = [one for one in reversed(may.values()) if one.member not in agents and _is_one(one)]
    others = [one for one in reversed(may.values()) if one.member not in agents and not _is_one(one)]
    if not found.unread and not found.elsewhere:
        yield f"    public: never{_comment(because)}"
    if single:
        yield "    may:"
        yield "      iam:"
        yield from (_member(one, 8) for one in single)
    if found.unread or found.elsewhere:
        yield "    # Not every policy could be read, so `only` is left out."
        return
    if not others and not agents:
        yield f"    only: true{_comment('nobody else holds it')}"
        return
    yield "    only:"
    yield "      besides:"
    yield from (_member(one, 8) for one in others)
    if agents:
        yield f"        - agents{_comment(', '.join(agents))}"


def _is_one(one: Holder) -> bool:
    return one.stand is Standing.GIVES and one.member.partition(":")[0] not in _SEVERAL


def _member(one: Holder, indent: int) -> str:
    why = f"; {one.because}" if one.because else ""
    return f"{' ' * indent}- {_scalar(one.member)}{_comment(f'{one.binding.role} on {in_words(one.resource)}{why}')}"


def _scalar(text: str) -> str:
    """Write a text so that YAML reads it as that: what JSON writes in quotes, YAML reads."""
    plain = text.replace("@", "").replace("/", "").replace("-", "").replace(".", "").replace(":", "")
    is_safe = plain.isascii() and plain.isalnum() and text[0].isalpha() and not text.endswith(":")
    return text if is_safe else json.dumps(clean(text))


def _comment(text: str) -> str:
    return f"  # {clean(text, limit=200)}"
