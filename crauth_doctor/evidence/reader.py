"""Reading one paste, from its text to the evidence in it."""

from __future__ import annotations

import re
from dataclasses import replace

from ..model.evidence import Credential, Evidence, Lines, Piece, PieceKind, Prose
from . import (
    claims,
    clients,
    columns,
    commands,
    curl,
    describe,
    documents,
    dumps,
    errors,
    exports,
    expressions,
    extent,
    finish,
    har,
    hcl,
    http,
    inline,
    logs,
    outputs,
    pages,
    panels,
    sentences,
    shapes,
    tables,
    wire,
    yamlish,
)
from .box import Box
from .documents import Tree
from .text import lines_of
from .tokens import CREDENTIAL_HEADERS
from .vault import MARK_END, MARK_START, Vault, clean_prose, clean_url

_MARK = re.compile(f"{MARK_START}(\\d+){MARK_END}")
_URL = re.compile(r"https?://[^\s\"'`<>()\[\]{}|\\^\ue000]{3,1000}")
_NAMES = "|".join(sorted(CREDENTIAL_HEADERS, key=len, reverse=True))
_HEADER = re.compile(rf"(?i)(?P<name>{_NAMES})['\"]?\]?\s{{0,8}}(?:[:=]|=>)\s{{0,8}}(?P<value>.*)$")
_PROSE_LIMIT = 200
_COUNT = 400


def read(text: str) -> Evidence:
    """Return everything that is recognised in what a user pasted."""
    paste = lines_of(text)
    vault = Vault()
    lines = vault.scrub("\n".join(paste.lines)).split("\n")
    box = Box(lines, vault.tokens)
    box.set_commands(commands.find(lines))
    expressions.read(box)
    curl.read(box)
    http.read(box)
    wire.read(box)
    panels.read(box)
    for document in documents.find(lines, box.is_free):
        _document(box, document)
    columns.read(box)
    tables.read(box)
    describe.read(box)
    hcl.read(box)
    for document in documents.find_loose(lines, box.is_free):
        _document(box, document)
    for document in yamlish.find(lines, box.is_free, lambda index: box.command_before(index) is not None):
        _document(box, document)
    dumps.read(box)
    pages.read(box)
    sentences.read(box)
    clients.read(box)
    inline.read(box)
    dumps.read_maps(box)
    errors.read(box)
    outputs.read(box)
    loose = _loose_tokens(box)
    return _evidence(box, loose, paste.cut)


_READERS = (har.read, logs.read, claims.read, exports.read, shapes.read, errors.read_document)


def _document(box: Box, document: Tree) -> None:
    for reader in _READERS:
        if reader(box, document):
            return
    if document.loose:
        return
    claims.in_document(box, document)
    errors.read_within(box, document.value, (document.start + 1, document.end))
    if document.partial:
        box.take(document.start, document.end, PieceKind.UNREADABLE, "a document that is cut off or of no known kind")
    else:
        box.take(document.start, document.end, PieceKind.SOURCE, "a document of no known kind")


def _loose_tokens(box: Box) -> list[Credential]:
    """Tokens and credential headers outside of every exchange."""
    found: list[Credential] = []
    for index, line in box.readable():
        if MARK_START not in line and "uthorization" not in line.lower():
            continue
        lines = (index + 1, index + 1)
        header = _HEADER.search(line[:20_000])
        value = _value(header["value"]) if header else ""
        if header and (MARK_START in value or _is_header_line(line)):
            made = box.credential(header["name"], value, lines)
            if made.token or made.fault:
                found.append(made)
                box.list_softly(index, index + 1, PieceKind.TOKEN, _token_summary(made))
                continue
        for mark in _MARK.findall(line[:20_000])[:50]:
            token = box.known[int(mark)] if int(mark) < len(box.known) else None
            if token:
                made = Credential("", replace(token, header=""), None, lines)
                found.append(made)
                box.list_softly(index, index + 1, PieceKind.TOKEN, _token_summary(made))
    return found[: 10 * _COUNT]


def _value(text: str) -> str:
    text = text.strip().rstrip(",;}")
    return text[1:-1] if len(text) > 1 and text[0] in "\"'`" and text[-1] == text[0] else text


def _is_header_line(line: str) -> bool:
    return bool(
        re.match(
            r"(?i)^\s*(?:[-*]\s)?['\"]?(?:x-serverless-|proxy-)?authorization['\"]?:\s{0,8}(?:bearer|basic|undefined|null|['\"])",
            line,
        )
    )


def _token_summary(made: Credential) -> str:
    what = made.token.kind.value if made.token else "credential"
    fault = f", {made.fault.value}" if made.fault else ""
    return f"{what}{' in ' + made.header if made.header else ''}{fault}"


def _evidence(box: Box, loose: list[Credential], cut: tuple[str, ...]) -> Evidence:
    urls = _urls(box)
    exchanges = finish.located(finish.joined([*box.exchanges, *box.called.values()]), urls)
    exchanges = finish.untunnelled(exchanges, [line for _, line in box.readable() if "proxies to" in line])
    exchanges = [extent.measured(each) for each in exchanges]
    credentials = [*box.credentials, *loose, *(made for each in exchanges for made in each.credentials)]
    credentials += [made for entry in box.logs for made in entry.credentials]
    moments = [each.at for each in exchanges] + [entry.at for entry in box.logs]
    moments += [error.at for error in box.errors] + [event.at for event in box.events]
    latest = max((moment for moment in moments if moment), default=None)
    return Evidence(
        pieces=_pieces(box),
        unrecognised=_prose(box),
        exchanges=tuple(exchanges),
        logs=tuple(box.logs),
        errors=tuple(box.errors),
        credentials=tuple(sorted(credentials, key=lambda made: made.lines)),
        expressions=tuple(box.expressions),
        exports=tuple(box.exports),
        events=tuple(sorted(box.events, key=lambda event: event.lines)),
        urls=tuple(dict.fromkeys(url for _, url in urls)),
        document=box.resources.document(latest),
        latest=latest,
        cut=(*cut, *dict.fromkeys(box.cut)),
    )


def _pieces(box: Box) -> tuple[Piece, ...]:
    """One piece for each place: what several readers found on the same lines is listed by the first."""
    by_place: dict[Lines, Piece] = {}
    for piece in box.pieces:
        by_place.setdefault(piece.lines, piece)
    return tuple(by_place[place] for place in sorted(by_place))


def _urls(box: Box) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for index, line in box.readable():
        if "http" in line:
            cleaned = (clean_url(each.rstrip(".,;:!?&'")) for each in _URL.findall(line)[:20])
            found += [(index + 1, url) for url in cleaned if url]
        if len(found) > _COUNT:
            break
    return found


def _prose(box: Box) -> tuple[Prose, ...]:
    """The lines that nobody claimed; what looks like a document is not repeated, for its values may be secret."""
    runs: list[Prose] = []
    start: int | None = None
    for index in range(len(box.lines) + 1):
        free = box.is_free(index) and box.lines[index].strip()
        if free and start is None:
            start = index
        if not free and start is not None:
            if len(runs) < _PROSE_LIMIT:
                runs.append(Prose((start + 1, index), _shown(box.lines[start:index])))
            start = None
    return tuple(runs)


_STRUCTURED = re.compile(r"^\s*(?:[\"{}\[\]]|-\s+\w+:|[\w.-]+:(?:\s|$)|[A-Z_]{3,}=)")


def _shown(lines: list[str]) -> str:
    structured = sum(bool(_STRUCTURED.match(line[:200])) for line in lines)
    if structured * 2 > len(lines) and len(lines) > 1:
        return f"({len(lines)} lines of settings that were not understood)"
    return clean_prose("\n".join(line[:2000] for line in lines[:100]), 4000)
