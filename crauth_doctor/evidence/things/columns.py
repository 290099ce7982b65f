"""Tables with a line of capitals above them, as gcloud prints lists: log entries, policies, services."""

from __future__ import annotations

import re
from types import MappingProxyType

from ...deferred import regex
from ...google_json import times
from ...model.evidence import Lines, LogEntry, LogKind, PieceKind
from ...model.exported import Export, ExportKind
from ..paste import Paste
from ..trees.redactor import clean, clean_url
from . import logs
from .exports import add_policy, function_in

_HEAD = regex(r"^\s{0,8}[A-Z][A-Z_]{2,40}(?:[ \t]{1,200}[A-Z][A-Z_]{1,40}){1,11}\s*$")
_WORD = regex(r"\S+(?: \S+)*")
_MARKER = regex(r"^\s*[+✔✘X!.-]\s+")
_ROWS = 300
_MEMBER = regex(r"[A-Za-z]+:[^\s,;'\"\[\]]+|allUsers|allAuthenticatedUsers")
_STATUS = regex(r"[1-5]\d\d")
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_TIME = ("TIMESTAMP", "TIME", "RECEIVE_TIMESTAMP")
_TEXT = ("TEXT_PAYLOAD", "MESSAGE", "LOG", "PAYLOAD", "TEXTPAYLOAD")


def read(paste: Paste) -> None:
    """Take every table of a known kind."""
    for index, line in paste.readable():
        if not paste.is_free(index) or not _HEAD.match(line[:600]):
            continue
        names = [(found.start(), found[0]) for found in _WORD.finditer(line)]
        heads = {name for _, name in names}
        if {"ROLE", "MEMBERS"} <= heads or {"ROLE", "MEMBER"} <= heads:
            _policy(paste, index, names)
        elif heads & set(_TIME) and heads & {"STATUS", "HTTP_STATUS", *_TEXT}:
            _logs(paste, index, names)
        elif {"SERVICE", "REGION", "URL"} <= heads:
            _services(paste, index, names)
        elif {"NAME", "REGION"} <= heads and heads & {"TRIGGER", "ENVIRONMENT"}:
            _functions(paste, index, index + 1, _rows(paste, index, names))
    _ruled(paste)


def _ruled(paste: Paste) -> None:
    """Take firebase's list of functions, whose columns have lines between them."""
    head: list[str] = []
    rows: list[dict[str, str]] = []
    start = 0
    for index in range(len(paste.lines) + 1):
        line = paste.lines[index].strip() if paste.is_free(index) else ""
        cells = [cell.strip() for cell in line.strip("│|").split("│" if "│" in line else "|")]
        if "Function" in cells and "Location" in cells:
            start, head = index, [cell.upper() for cell in cells]
        elif head and len(cells) == len(head):
            rows.append(dict(zip(head, cells, strict=True)))
        elif head and not line.startswith(("├", "┌", "+", "|-")):
            found = [{"NAME": each.get("FUNCTION", ""), "REGION": each.get("LOCATION", "")} for each in rows]
            _functions(paste, start, index, found)
            head, rows = [], []


def _functions(paste: Paste, head: int, end: int, rows: list[dict[str, str]]) -> None:
    """A list of functions tells in which region each is."""
    found = [each for each in rows if each.get("NAME") and each.get("REGION")]
    if not found:
        return
    end = max(end, head + 1 + len(rows))
    lines = paste.take(head, end, PieceKind.EXPORT, f"list of {len(found)} functions")
    for each in found:
        name, region = clean(each["NAME"].split("(")[0], 100), clean(each["REGION"], 60)
        paste.exports.append(function_in(name, region, lines))


def _rows(paste: Paste, head: int, names: list[tuple[int, str]]) -> list[dict[str, str]]:
    """Return the rows under a head, the cells of each by the column that they start nearest to."""
    rows: list[dict[str, str]] = []
    for index in range(head + 1, min(head + 1 + _ROWS, len(paste.lines))):
        line = paste.lines[index][:4000]
        if not paste.is_free(index) or not line.strip() or index in paste.starts or _HEAD.match(line[:600]):
            break
        rows.append(_cells(line, names))
    return rows


def _cells(line: str, names: list[tuple[int, str]]) -> dict[str, str]:
    """Columns are as wide as their widest cell, so that a head stands right above its cells; else words are counted."""
    starts = [start for start, _ in names]
    aligned = all(start == 0 or start >= len(line) or line[start - 1 : start].isspace() for start in starts)
    if aligned:
        ends = [*starts[1:], len(line)]
        return {name: line[start:end].strip() for (start, name), end in zip(names, ends, strict=True)}
    parts = re.split(r"\t|\s{2,}", _MARKER.sub("", line).strip(), maxsplit=len(names) - 1)
    return dict(zip((name for _, name in names), parts, strict=False))


def _logs(paste: Paste, head: int, names: list[tuple[int, str]]) -> None:
    found = [_entry(cells, (line, line)) for line, cells in enumerate(_rows(paste, head, names), start=head + 2)]
    if any(each.status or each.wording for each in found):
        paste.logs += found
        paste.take(head, head + 1 + len(found), PieceKind.LOG, f"table of {len(found)} log entries")


def _entry(cells: dict[str, str], lines: Lines) -> LogEntry:
    text = next((cells[name] for name in _TEXT if cells.get(name)), "")
    status = next((value for value in cells.values() if _STATUS.fullmatch(value)), "")
    url = next((value for value in cells.values() if value.startswith("http")), "")
    latency = re.fullmatch(r"(\d{1,6}(?:\.\d{1,9})?)s", cells.get("LATENCY", ""))
    return LogEntry(
        LogKind.REQUEST,
        lines,
        at=next((times.from_iso(cells[name]) for name in _TIME if cells.get(name)), None),
        status=int(status) if status else None,
        method=next((value for value in cells.values() if value in _METHODS), None),
        url=clean_url(url) or None,
        latency=float(latency[1]) if latency else None,
        wording=logs.sentence_of(text),
        message=clean(text, 600),
        user_agent=clean(cells.get("USER_AGENT", ""), 400) or None,
        service=clean(cells.get("SERVICE_NAME", ""), 100) or None,
    )


def _policy(paste: Paste, head: int, names: list[tuple[int, str]]) -> None:
    bound: dict[str, set[str]] = {}
    rows = _rows(paste, head, names)
    for cells in rows:
        listed = _MEMBER.findall(cells.get("MEMBERS") or cells.get("MEMBER", ""))
        if not cells.get("ROLE") or not listed:
            return
        bound.setdefault(cells["ROLE"], set()).update(listed)
    if bound:
        lines = paste.take(head, head + 1 + len(rows), PieceKind.EXPORT, "policy, as a table")
        add_policy(paste, bound, paste.command_before(head), lines)


def _services(paste: Paste, head: int, names: list[tuple[int, str]]) -> None:
    """A list of services tells which there are."""
    rows = _rows(paste, head, names)
    urls = [clean_url(cells.get("URL", "").split(" ")[0]) for cells in rows]
    if not any(urls):
        return
    command = paste.command_before(head)
    group = command.group[:200] if command else "run services list"
    lines = paste.take(head, head + 1 + len(rows), PieceKind.EXPORT, f"list of {len(rows)} services")
    for url, cells in zip(urls, rows, strict=True):
        name, region = clean(cells.get("SERVICE", ""), 100), clean(cells.get("REGION", ""), 60)
        fields = MappingProxyType({"service": name, "region": region, "url": url})
        if url:
            paste.exports.append(Export(ExportKind.OTHER, lines, name, fields=fields, command=group, partial=True))
