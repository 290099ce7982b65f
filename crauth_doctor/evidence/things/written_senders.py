"""Tasks, jobs and subscriptions as source text makes them: the request, and the token that it is to attach or lacks.

Sources: https://docs.cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues.tasks#HttpRequest,
https://docs.cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#HttpTarget,
https://docs.cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions#PushConfig
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from ...deferred import regex
from ...model.evidence import PieceKind
from ..paste import Paste
from .exports import resource
from .expressions import assigned, to_an_api

_TOKEN: Final = regex(r"(?i)\b(?:oidc|oauth)_?token\b['\"]?\s{0,4}(?:[:=]|=>)|\bsetO(?:idc|auth)Token\s?\(")
_ANY_TOKEN: Final = regex(r"(?i)o(?:idc|auth)_?token")
_REQUEST: Final = regex(r"(?i)\b(?:http_?request|http_?target|push_?config)\b['\"]?\s{0,4}(?:[:=]|=>)")
_SETTER: Final = regex(
    r"\bset(?P<name>Url|Uri|PushEndpoint|Audience|ServiceAccountEmail|O(?:idc|auth)Token)\s?\(\s{0,40}"
    r"(?:(?P<quote>[\"'])(?P<text>[^\"'\n]{1,600})(?P=quote)|\$?(?P<variable>\w{1,60}))?"
)
"""What Java and PHP call, which have no objects to write down."""
_KINDS: Final = {"uri": "httpTarget", "url": "httpRequest", "pushEndpoint": "pushConfig"}
"""In which field of a resource a request stands, by the name that it has for its URL."""
_TOKENS: Final = {"oidcToken", "oauthToken"}
_QUOTED: Final = r"(?P<quote>[\"'`])(?P<inside>(?:(?!(?P=quote))[^\\\n]|\\.)*+)(?P=quote)"
_STRING: Final = regex(rf"(?P<how>[a-zA-Z]{{0,2}}){_QUOTED}")
_MARKS: Final = regex(rf"{_QUOTED}|[\[\](){{}},]")
"""What a program's structure is read by, outside of its strings."""
_KEY: Final = regex(
    r"(?:(?P<quote>[\"'])(?P<quoted>[\w-]{1,60})(?P=quote)|:?(?P<bare>[A-Za-z_]\w{0,60}))\s*(?:=>|:(?!:)|=(?!=))"
)
_NAME: Final = regex(r"[A-Za-z_]\w{0,60}(?=\s*[,})])")
_TYPE: Final = regex(r"(?:new\s+|&)?[A-Za-z_][\w.:]{0,120}\s*(?=[{(])|[&]?(?=\{)")
_SPACE: Final = regex(r"(?:\s|//[^\n]*|#[^\n]*|/\*.*?\*/)*+", re.DOTALL)
_CLOSING: Final = {"{": "}", "(": ")", "[": "]"}
_CLOSED: Final = frozenset(_CLOSING.values())
_AROUND: Final = 40
"""As many lines before a token, and after it, belong to one request."""
_DEPTH: Final = 8
_FAILURES: Final = 60
"""As many vain attempts are made; each looks at all lines around."""
_NO_HEADERS: Final = {"": ""}
_HIDDEN: Final = ""
"""A value that the program computes: it is set, and not shown."""


class _NotOneError(Exception):
    """The text is no object, or not all of its settings are shown."""


def read(paste: Paste) -> None:
    """Take each request with a token that stands in source text; where none has one, those that are whole without."""
    after, failures, known = 0, 0, None
    has_token = any(_ANY_TOKEN.search(line) for _, line in paste.readable())
    for index, line in paste.readable():
        found = (_TOKEN if has_token else _REQUEST).search(line)
        if index < after or not found or failures >= _FAILURES:
            continue
        start = max(after, index - _AROUND)
        lines = [
            paste.lines[each] if paste.taken[each] != 1 else ""
            for each in range(start, min(index + _AROUND, len(paste.lines)))
        ]
        before = sum(len(each) + 1 for each in lines[: index - start])
        text, known = "\n".join(lines), assigned(paste) if known is None else known
        if has_token:
            made = _request(text, before + found.start(), known) or _set_one_by_one(text, known)
        else:
            made = _without_token(text, before + found.end(), known)
        failures += int(not made)
        if made:
            after = index + 1
            _add(paste, index, made)


def _request(text: str, position: int, known: dict[str, str]) -> dict[str, object] | None:
    """Return the innermost object around a position that has a URL and a token."""
    for opening in _around(text, position):
        try:
            value, _ = _Reader(text, known).whole(opening, 0)
        except _NotOneError:
            continue
        header = value.pop("authorizationHeader", None)
        value = {**value, **header} if isinstance(header, dict) else value
        field = next((field for name, field in _KINDS.items() if name in value), None)
        if field and value.keys() & _TOKENS:
            return {field: value}
    return None


def _without_token(text: str, position: int, known: dict[str, str]) -> dict[str, object] | None:
    """Return the request that begins here, where all of its settings and headers are shown, and none is a token."""
    try:
        value, _ = _Reader(text, known).value(position, 0)
    except _NotOneError:
        return None
    headers = value.get("headers", _NO_HEADERS) if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(headers, dict) or not headers or "authorization" in headers:
        return None
    field = next((field for name, field in _KINDS.items() if name in value), None)
    return {field: value, "dispatchDeadline": ""} if field else None


def _set_one_by_one(text: str, known: dict[str, str]) -> dict[str, object] | None:
    """Return the request that setters make, where all of them that are shown can be of one."""
    values: dict[str, set[str]] = {}
    for found in _SETTER.finditer(text):
        value = found["text"] or known.get(found["variable"] or "", _HIDDEN)
        values.setdefault(_camel(found["name"]), set()).add(value)
    field = next((field for name, field in _KINDS.items() if name in values), None)
    kinds = values.keys() & _TOKENS
    if field is None or len(kinds) != 1 or any(len(each) > 1 for each in values.values()):
        return None
    one = {name: next(iter(each)) for name, each in values.items()}
    token = {name: one[name] for name in ("serviceAccountEmail", "audience") if name in one}
    return {field: {**{name: one[name] for name in _KINDS if name in one}, next(iter(kinds)): token}}


def _around(text: str, position: int) -> Iterator[int]:
    """Yield where the brackets around a position open, the innermost first."""
    opened: list[int] = []
    for found in _MARKS.finditer(text, 0, position):
        if found[0] in _CLOSING:
            opened.append(found.start())
        elif found[0] in _CLOSED and opened:
            opened.pop()
    yield from opened[: -_DEPTH - 1 : -1]


class _Reader:
    """Reads the objects of C-like languages and the calls of Python, with what is computed in them left out."""

    def __init__(self, text: str, known: dict[str, str]) -> None:
        self.text = text
        self.known = known

    def whole(self, at: int, depth: int) -> tuple[dict[str, object], int]:
        """Return what the object holds that opens here, under the names of Google's APIs, and where it ends."""
        closing, value = _CLOSING[self.text[at]], dict[str, object]()
        at = self._space(at + 1)
        while not self.text.startswith(closing, at):
            key, at = self._key(at)
            value[key], at = self.value(at, depth) if self.text[at - 1] in ":=>" else (self._known(key), at)
            at = self._space(at)
            if self.text.startswith(",", at):
                at = self._space(at + 1)
            elif not self.text.startswith(closing, at):
                raise _NotOneError
        return value, at + 1

    def _key(self, at: int) -> tuple[str, int]:
        if found := _KEY.match(self.text, at):
            return _camel(found["quoted"] or found["bare"]), found.end()
        if found := _NAME.match(self.text, at):
            return _camel(found[0]), found.end()
        raise _NotOneError

    def value(self, at: int, depth: int) -> tuple[object, int]:
        """Return the value that begins here, and where it ends."""
        at = self._space(at)
        opening = _TYPE.match(self.text, at)
        if opening and depth < _DEPTH and opening.end() < len(self.text):
            try:
                value, end = self.whole(opening.end(), depth + 1)
            except _NotOneError:
                pass
            else:
                if self._ends(end):
                    return value, end
        string = _STRING.match(self.text, at)
        if string and self._ends(string.end()):
            is_computed = string["how"] or "${" in string["inside"]
            return to_an_api(string["inside"]) if is_computed else string["inside"], string.end()
        end = self._end_of_expression(at)
        return self._known(self.text[at:end].strip()), end

    def _known(self, name: str) -> str:
        return self.known.get(name, _HIDDEN)

    def _ends(self, at: int) -> bool:
        return self.text[self._space(at) :][:1] in {",", "}", ")", "]"}

    def _end_of_expression(self, at: int) -> int:
        stack: list[str] = []
        for found in _MARKS.finditer(self.text, at):
            mark = found[0]
            if mark in _CLOSING:
                stack.append(_CLOSING[mark])
            elif not stack and (mark in _CLOSED or mark == ","):
                return found.start()
            elif mark in _CLOSED and stack.pop() != mark:
                break
        raise _NotOneError

    def _space(self, at: int) -> int:
        found = _SPACE.match(self.text, at)
        return found.end() if found else at


def _camel(key: str) -> str:
    first, *others = key.split("_")
    return first[:1].lower() + first[1:] + "".join(word.capitalize() for word in others)


def _add(paste: Paste, index: int, value: dict[str, object]) -> None:
    made = resource(value, (index + 1, index + 1))
    if made is None:
        return
    paste.list_softly(index, index + 1, PieceKind.SOURCE, f"source text that makes a {made.kind.value}")
    made = replace(made, wanted=True)
    paste.exports.append(made)
    paste.resources.add(made, value)
