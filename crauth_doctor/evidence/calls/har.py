"""HAR recordings, as browsers and mitmproxy export them.

Source: http://www.softwareishard.com/blog/har-12-spec/
"""

from __future__ import annotations

from types import MappingProxyType

from ...google_json import json_access as look
from ...google_json import times
from ...model.evidence import Exchange, Lines, PieceKind, Seen
from ...model.http import BODY_LIMIT, Call, Response
from ..box import Box
from ..trees import headers
from ..trees.documents import Tree
from ..trees.vault import clean, clean_url

_ENTRIES = 3000


def read(box: Box, document: Tree) -> bool:
    """Take a document that is a recording, or one entry of one."""
    entries = look.items(document.value, "log", "entries") or look.items(document.value, "entries")
    if not entries and look.mapping(document.value, "request") and look.mapping(document.value, "response"):
        entries = [document.value]
    recorded = [entry for entry in entries if look.text(entry, "request", "url")]
    if not recorded:
        return False
    who = look.text(document.value, "log", "creator", "name") or "HAR"
    count = f"{len(recorded)} request{'s' if len(recorded) > 1 else ''}"
    lines = box.take(document.start, document.end, PieceKind.HAR, f"recording of {who}, {count}")
    if len(recorded) > _ENTRIES:
        box.cut.append(f"the recording has {len(recorded)} requests; the first {_ENTRIES} were read")
    for entry in recorded[:_ENTRIES]:
        box.exchanges.append(_exchange(box, entry, lines))
    return True


def _exchange(box: Box, entry: object, lines: Lines) -> Exchange:
    sent = _pairs(entry, "request")
    received = _pairs(entry, "response")
    status = look.number(entry, "response", "status") or look.number(entry, "response", "statusCode") or 0
    call = Call(
        clean_url(look.text(entry, "request", "url") or ""),
        (look.text(entry, "request", "method") or "GET").upper()[:10],
        frozenset(name for name, _ in sent if not name.startswith(":")),
    )
    body = look.text(entry, "response", "content", "text") or look.text(entry, "response", "body")
    milliseconds = look.at(entry, "time")
    response = Response(
        status,
        headers.kept(received),
        clean(body or "", BODY_LIMIT),
        seconds=milliseconds / 1000 if isinstance(milliseconds, int | float) and 0 <= milliseconds < 1e9 else None,
    )
    date = dict(received).get("date")
    return Exchange(
        Seen.HAR,
        lines,
        call if call.url else None,
        tuple(box.credential(name, value, lines) for name, value in sent if headers.is_credential(name)),
        headers_known=bool(sent),
        sent=headers.telling(sent) if sent else MappingProxyType({}),
        response=response if status >= 100 else None,
        at=(times.from_http(date) if date else None) or times.from_value(look.at(entry, "startedDateTime")),
        address=look.text(entry, "serverIPAddress"),
        note=clean(look.text(entry, "response", "_error") or "", 200),
    )


def _pairs(entry: object, side: str) -> list[tuple[str, str]]:
    """Return the headers of a side: a list of names and values, or a mapping."""
    named = look.mapping(entry, side, "headers")
    listed = [
        {"name": name, "value": each[0] if isinstance(each, list) and each else each} for name, each in named.items()
    ]
    return [
        ((look.text(each, "name") or "").lower(), look.text(each, "value") or "")
        for each in (listed or look.items(entry, side, "headers"))[:200]
    ]
