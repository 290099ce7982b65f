"""Header maps on one line, in the notations of several languages: Go, Java, Python's tuples, Swift, PHP."""

from __future__ import annotations

from itertools import islice

from ...deferred import regex
from ...google_json import json_access as look
from ...model.evidence import PieceKind
from ..paste import Paste
from ..trees import headers
from ..trees.documents import Tree
from ..trees.headers import Pairs
from ..trees.redactor import clean_url
from . import objects
from .objects import Parts

_MAPS = tuple(
    (regex(opening), regex(pair))
    for opening, pair in (
        (r"\bmap\[(?=[A-Z][\w-]*:\[)", r"(?P<name>[A-Z][\w-]{1,80}):\[(?P<value>[^\]]{0,4000})\]"),
        (r"http\.Header\{", r"\"(?P<name>[\w-]{2,80})\":\s?(?:\[\]string)?\{\"(?P<value>(?:[^\"\\]|\\.){0,4000}+)\""),
        (r"\{(?=:?[\w-]+=\[)", r"(?P<name>:?[A-Za-z][\w-]{1,80})=\[(?P<value>[^\]]{0,4000})\]"),
        (r"\[(?=[\w-]+:\"|:status)", r"(?P<name>[A-Za-z][\w-]{1,80}):\"(?P<value>[^\"]{0,4000})\""),
        (
            r"[\[(](?=b?['\"]?\(?b?['\"])",
            r"\(b?['\"](?P<name>[\w-]{2,80})['\"],\s?b?(?P<q>['\"])(?P<value>(?:(?!(?P=q))[^\\]|\\.){0,4000}+)(?P=q)\)",
        ),
        (
            r"<(?:CIMultiDict(?:Proxy)?|Headers)\(",
            r"'(?P<name>[\w-]{2,80})': (?P<q>['\"])(?P<value>(?:(?!(?P=q))[^\\]|\\.){0,4000}+)(?P=q)",
        ),
        (
            r"\[(?=\"?AnyHashable|\"[\w-]+\": \")",
            (
                r"(?:AnyHashable\()?\"(?P<name>[\w-]{2,80})\"\)?: "
                r"\"?(?P<value>[^\"\]]{0,4000}?)\"?(?=, (?:AnyHashable|\")|\]|$)"
            ),
        ),
    )
)
_HINTS = ("map[", "Header{", "=[", "('", "(b'", "MultiDict", "AnyHashable", '("', '":', ':"', "<Headers")
INNER = regex(
    r"['\"]?(?P<key>[\w:-]{1,80})['\"]?:\s*(?P<value>\[[^\]\n]{0,4000}\]|'(?:[^'\\]|\\.)*+'|\"(?:[^\"\\]|\\.)*+\"|[^,}\n]{1,2000})"
)
_OBJECT = regex(r"\{(?P<inside>\s*['\"]?(?:[\w-]{2,60})['\"]?\s*:\s.{10,})\}\s*$")
_KNOWN = frozenset(
    (  # noqa: SIM905 - a table of words is read more easily so
        "content-type date server content-length www-authenticate x-cloud-trace-context alt-svc location "
        "x-goog-iap-generated-response"
    ).split()
)
_PAIR = regex(r"^\s*'(?P<name>:?[A-Za-z][\w-]{0,80})', '(?P<value>.*)'\s*$")
_LENGTH = 20_000
_PAIRS = 60


def read(paste: Paste) -> None:
    """Take the header maps that stand in lines of logs; others may still read what stands around them."""
    for index, line in paste.readable():
        text = paste.lines[index][:_LENGTH]
        if "-" not in text:
            continue
        before, pairs = _map_in(text) if any(hint in line for hint in _HINTS) else ("", [])
        if not pairs and "{" in line and all(each.lines != (index + 1, index + 1) for each in paste.exchanges[-3:]):
            pairs = [pair for pair in headers_in(text) if not headers.is_credential(pair[0])]
        if pairs:
            lines = paste.list_softly(index, index + 1, PieceKind.EXCHANGE, "headers on one line")
            objects.add_headers(paste, pairs, lines, before)


def read_pairs(paste: Paste) -> None:
    """Take headers that a proxy prints as a pair on each line: `':path', '/v1'`."""
    index = 0
    while index < len(paste.lines):
        start, pairs = index, list[tuple[str, str]]()
        while paste.is_free(index) and (found := _PAIR.match(paste.lines[index][:_LENGTH])):
            pairs.append((found["name"].lower(), found["value"]))
            index += 1
        named = dict(pairs)
        if ":status" in named or ":path" in named:
            _add_pairs(paste, start, index, named, pairs)
        index = max(index, start + 1)


def _add_pairs(paste: Paste, start: int, end: int, named: dict[str, str], pairs: Pairs) -> None:
    given = [pair for pair in pairs if not pair[0].startswith(":")]
    status, where = look.number(named, ":status") or 0, Tree(start, end, None)
    if status:
        objects.add(paste, where, Parts(status=status, received=given))
        return
    url = clean_url(f"https://{named.get(':authority', '')}{named.get(':path', '')}")
    objects.add(paste, where, Parts(url, named.get(":method", ""), given))


def _map_in(text: str) -> tuple[str, Pairs]:
    """Return what stands before the headers in a line, and the headers."""
    for opening, pattern in _MAPS:
        if found := opening.search(text):
            within = islice(pattern.finditer(text, found.end() - 1), _PAIRS)
            pairs = [(pair["name"].lower(), pair["value"].strip().strip('"')) for pair in within]
            if objects.are_headers(pairs):
                return text[: found.start()], pairs
    return "", []


def headers_in(line: str) -> Pairs:
    """Return the headers of an answer that end a line as an object, whose keys may have no quotes."""
    found = _OBJECT.search(line)
    pairs = [(pair["key"].lower(), plain(pair["value"])) for pair in INNER.finditer(found["inside"])] if found else []
    return pairs if len(_KNOWN & {name for name, _ in pairs}) > 1 else []


def plain(value: str) -> str:
    """Return a printed value without its quotes, escapes and list."""
    value = value.strip().rstrip(",").strip()
    if value.startswith("[") and value.endswith("]"):
        value = value[1:-1].strip()
    if len(value) > 1 and value[0] in "'\"`" and value[-1] == value[0]:
        value = value[1:-1]
        for escaped, meant in (("\\n", "\n"), ("\\t", "\t"), ("\\'", "'"), ('\\"', '"'), ("\\/", "/")):
            value = value.replace(escaped, meant)
    return value
