"""Reading one paste, from its text to the evidence in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import groupby, islice
from operator import itemgetter

from ..deferred import regex
from ..google_json import json_access as look
from ..model.evidence import Credential, Evidence, Lines, Piece, PieceKind
from ..model.exported import ExportKind
from .calls import (
    clients,
    curl,
    dumps,
    extent,
    http,
    inline,
    joining,
    labelled,
    loose_tokens,
    mcp_config,
    objects,
    pages,
    panels,
    wire,
)
from .calls.failing_call import refused_tokens
from .paste import Paste
from .things import (
    claims,
    columns,
    describe,
    errors,
    exports,
    expressions,
    hcl,
    log_fields,
    logs,
    outputs,
    proxies,
    quoted_logs,
    tables,
    written_commands,
    written_senders,
)
from .trees import commands, documents, yamlish
from .trees.documents import Tree
from .trees.redactor import Redactor, clean_url
from .trees.text import lines_of

_URL = regex(r"https?://[^\s\"'`<>()\[\]{}|\\^\ue000]{3,1000}")
_DEPTH = 2
"""As often is what stands in a text inside of another looked at again."""
_LEVELS = 8
_TEXT = 64 * 1024
_IS_TEXT = regex(
    r"HTTP/\d|https?://\S+\s|\bgcloud\s|\s[^\n]{0,300}https?://|^\s*(?:[{\[]\s*[\"{]|<(?:!doctype|html))|^apiVersion:|bindings|"
    r"\bstatus code:? \d{3}\b",
    re.IGNORECASE | re.MULTILINE,
)
"""A text that may be more than a word: a call, JSON, a page, a setting."""
_PROSE_LIMIT = 200
_COUNT = 400


def read(text: str) -> Evidence:
    """Return everything that is recognised in what a user pasted."""
    pasted = lines_of(text)
    redactor = Redactor()
    lines = redactor.redact("\n".join(pasted.lines)).split("\n")
    paste = Paste(lines, redactor.tokens)
    _fill(paste, 0)
    loose = loose_tokens.read(paste)
    labelled.read(paste)
    expressions.list_them(paste)
    return _evidence(paste, loose, pasted.cut)


def _fill(paste: Paste, depth: int) -> None:
    """Let every reader look at the lines of a paste, in the order in which they claim them."""
    lines = paste.lines
    paste.set_commands(commands.find(lines))
    expressions.read(paste)
    curl.read(paste)
    http.read(paste)
    wire.read(paste)
    panels.read(paste)
    for document in documents.find(lines, paste.is_free):
        _document(paste, document, depth)
    columns.read(paste)
    tables.read(paste)
    describe.read(paste)
    hcl.read(paste)
    written_senders.read(paste)
    written_commands.read(paste)
    for document in documents.find_loose(lines, paste.is_free):
        _document(paste, document, depth)
    log_fields.read(paste)
    for document in yamlish.find(lines, paste.is_free, lambda index: paste.command_before(index) is not None):
        _document(paste, document, depth)
    dumps.read(paste)
    pages.read(paste)
    quoted_logs.read(paste)
    clients.read(paste)
    inline.read(paste)
    inline.read_pairs(paste)
    errors.read(paste)
    outputs.read(paste)
    proxies.read(paste)


_READERS = (
    objects.read_recording,
    logs.read,
    claims.read,
    exports.read,
    mcp_config.read,
    objects.read,
    errors.read_document,
)


def _document(paste: Paste, document: Tree, depth: int) -> None:
    for reader in _READERS:
        if reader(paste, document):
            if reader is logs.read and paste.written:
                _inside(paste, document, depth, [paste.written], (objects.read_recording,))
            return
    if document.loose:
        return
    _inside(paste, document, depth, [document.value], (objects.read_recording, objects.read))
    claims.in_document(paste, document)
    errors.read_within(paste, document.value, (document.start + 1, document.end))
    if document.partial:
        paste.take(document.start, document.end, PieceKind.UNREADABLE, "a document that is cut off or of no known kind")
    else:
        paste.take(document.start, document.end, PieceKind.SOURCE, _named(document.value))


def _named(value: object) -> str:
    """Return what is said of a document that decides nothing here."""
    first = value[0] if isinstance(value, list) and value else value
    api, kind = look.text(first, "apiVersion"), look.text(first, "kind")
    return f"{kind} of {api}, which is not read here" if api and kind else "a document of no known kind"


def _inside(
    paste: Paste, document: Tree, depth: int, values: Iterable[object], readers: Iterable[Callable[[Paste, Tree], bool]]
) -> None:
    """Look into a document: calls that stand in it as objects, and texts in it that may hold anything, read again."""
    stack = [(each, 0) for each in values]
    if paste.budget.left <= 0:
        paste.cut.append("not every text inside a document was read")
    while stack and paste.budget.left > 0 and depth < _DEPTH:
        value, level = stack.pop()
        paste.budget.left -= 1
        if isinstance(value, dict) and level and any(read(paste, replace(document, value=value)) for read in readers):
            continue
        if isinstance(value, dict | list) and level < _LEVELS:
            within = value.items() if isinstance(value, dict) else enumerate(value)
            stack += [(each, level + 1) for key, each in within if str(key).lower() not in errors.DOCUMENTATION]
        elif isinstance(value, str) and _IS_TEXT.search(value):
            paste.budget.left -= len(value) // 16
            inner = Paste(value[:_TEXT].split("\n"), paste.known, paste.budget)
            _fill(inner, depth + 1)
            _adopt(paste, inner, (document.start + 1, document.end))


def _adopt(paste: Paste, inner: Paste, lines: Lines) -> None:
    """Take over what was found in a text that stands on these lines, inside of a document."""
    found = [*inner.exchanges, *inner.called.values()]
    paste.exchanges += [replace(each, lines=lines) for each in joining.joined(found) if each.response or each.call]
    paste.logs += [replace(each, lines=lines) for each in inner.logs]
    known = {(each.family, each.message) for each in paste.errors}
    paste.errors += [replace(e, lines=lines) for e in inner.errors if (e.family, e.message) not in known]
    paste.expressions += [replace(each, lines=lines) for each in inner.expressions]
    paste.exports += [replace(each, lines=lines) for each in inner.exports]
    paste.events += [replace(each, lines=lines) for each in inner.events]
    paste.credentials += [replace(each, lines=lines) for each in inner.credentials]
    paste.resources.logs += inner.resources.logs
    paste.resources.found += inner.resources.found


def _evidence(paste: Paste, loose: list[Credential], cut: tuple[str, ...]) -> Evidence:
    urls = _urls(paste)
    exchanges = joining.located(joining.joined([*paste.exchanges, *paste.called.values()]), [*urls, *_set_urls(paste)])
    exchanges = joining.untunnelled(exchanges, [line for _, line in paste.readable() if "proxies to" in line])
    exchanges = [extent.measured(each) for each in exchanges]
    credentials = [*paste.credentials, *loose, *(made for each in exchanges for made in each.credentials)]
    credentials += [made for entry in paste.logs for made in entry.credentials]
    moments = [each.at for each in exchanges] + [entry.at for entry in paste.logs]
    moments += [error.at for error in paste.errors] + [event.at for event in paste.events]
    latest = max((moment for moment in moments if moment), default=None)
    return Evidence(
        pieces=_pieces(paste),
        unrecognised=_prose(paste),
        exchanges=tuple(exchanges),
        logs=tuple(paste.logs),
        errors=(*paste.errors, *refused_tokens(exchanges)),
        credentials=tuple(sorted(credentials, key=lambda made: made.lines)),
        expressions=tuple(paste.expressions),
        exports=tuple(paste.exports),
        events=tuple(sorted(paste.events, key=lambda event: event.lines)),
        urls=tuple(dict.fromkeys(url for _, url in urls)),
        document=paste.resources.document(latest),
        latest=latest,
        cut=(*cut, *dict.fromkeys(paste.cut)),
    )


def _pieces(paste: Paste) -> tuple[Piece, ...]:
    """One piece for each place: what several readers found on the same lines is listed by the first."""
    by_place: dict[Lines, Piece] = {}
    for piece in paste.pieces:
        by_place.setdefault(piece.lines, piece)
    return tuple(by_place[place] for place in sorted(by_place))


def _urls(paste: Paste) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for index, line in paste.readable():
        if "http" in line:
            cleaned = (clean_url(each.rstrip(".,;:!?&'")) for each in _URL.findall(line)[:20])
            found += [(index + 1, url) for url in cleaned if url]
        if len(found) > _COUNT:
            break
    return found


def _set_urls(paste: Paste) -> list[tuple[int, str]]:
    """Return the URLs that the sources of workflows call, with their lines."""
    places = {each.lines for each in paste.exports if each.kind is ExportKind.WORKFLOW}
    lines = sorted({index for first, last in places for index in range(first, last + 1)})
    found = ((index, url) for index in lines for url in _URL.findall(paste.lines[index - 1])[:20])
    return [(index, clean_url(url)) for index, url in islice(found, _COUNT)]


def _prose(paste: Paste) -> tuple[Lines, ...]:
    """The runs of lines that nobody claimed: where they stand, for what they say may be secret."""
    shown = ((index, paste.is_free(index) and bool(paste.lines[index].strip())) for index in range(len(paste.lines)))
    runs = (list(run) for is_free, run in groupby(shown, key=itemgetter(1)) if is_free)
    return tuple((run[0][0] + 1, run[-1][0] + 1) for run in runs)[:_PROSE_LIMIT]
