"""YAML in a paste, read from the parser's events: no tags, few aliases, no depth, so that no document can hurt."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import yaml

from ...deferred import regex
from .documents import Tree

_TOTAL_LIMIT = 256 * 1024
_DEPTH = 40
_ALIASES = 200
_KEY = regex(
    r"^(?P<indent>\s*)(?:- )*[\"']?(?!(?:ERROR|WARNING|Error|Warning|Exception|INFO|DEBUG):\s)"
    r"(?P<key>[A-Za-z_@.][\w@./-]{0,80})[\"']?:(?:\s|$)"
)
_ITEM = regex(r"^\s*- \S|^\s*-\s*$")
_DEEPER = regex(r"^\s+\S")
_WORTH = frozenset(
    (  # noqa: SIM905 - a table of words is read more easily so
        "apiVersion bindings etag httpTarget httpRequest textPayload jsonPayload protoPayload pushConfig "
        "oidcToken oauthToken serviceConfig httpsTrigger template ingress insertId logName metadata spec "
        "status destination eventFilters appEngineHttpTarget listPolicy booleanPolicy rules iap constraint "
        "jobName debugInfo urlMask environment serviceAccount serviceAccountEmail main steps auth uniqueId "
        "oauth2ClientId privateIpGoogleAccess dnsName x-google-backend jsonPayload.status httpRequest.status "
        "name customAudiences invokerIamDisabled accessTuple overallAccessState attributeMapping gatewayServiceAccount "
    ).split()
)
"""Keys that settings and log entries have, and prose has not."""
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def find(lines: list[str], is_free: Callable[[int], bool], after_command: Callable[[int], bool]) -> Iterator[Tree]:
    """Yield every YAML mapping or list with a key that means something here."""
    index, budget = 0, _TOTAL_LIMIT
    while index < len(lines):
        if not is_free(index) or not (
            _KEY.match(lines[index]) or _ITEM.match(lines[index]) or lines[index].strip() == "---"
        ):
            index += 1
            continue
        end = _end_of(lines, index, is_free)
        if budget > 0 and _is_worth_it(lines[index:end], after_command=after_command(index)):
            shown = _within(lines, index, end, budget)
            budget -= sum(len(line) + 1 for line in lines[index:shown])
            value, partial = load("\n".join(lines[index:shown]))
            if isinstance(value, dict | list) and value:
                yield Tree(index, end, value, partial or shown < end)
        index = max(end, index + 1)


def _within(lines: list[str], start: int, end: int, budget: int) -> int:
    """Return the index up to which lines fit into the budget."""
    for index in range(start, end):
        budget -= len(lines[index]) + 1
        if budget < 0:
            return index
    return end


def _end_of(lines: list[str], start: int, is_free: Callable[[int], bool]) -> int:
    base = len(lines[start]) - len(lines[start].lstrip())
    index = start
    while index < len(lines) and is_free(index):
        line = lines[index]
        if not line.strip():
            following = lines[index + 1] if index + 1 < len(lines) else ""
            if not _DEEPER.match(following) or len(following) - len(following.lstrip()) <= base:
                break
        else:
            indent = len(line) - len(line.lstrip())
            if indent < base or (
                indent == base and not (_KEY.match(line) or _ITEM.match(line) or line.strip() == "---")
            ):
                break
        index += 1
    return index


def _is_worth_it(block: list[str], *, after_command: bool) -> bool:
    keys = {found["key"] for line in block[:4000] if (found := _KEY.match(line))}
    known = keys & _WORTH
    if keys >= {"iss", "aud", "exp"} or keys >= {"@type", "reason"}:
        return True
    if len(block) == 1:
        return after_command and "etag" in known
    return bool(known - {"name", "status", "main", "rules", "template", "environment"}) or (
        after_command and bool(known)
    )


def load(text: str) -> tuple[object, bool]:
    """Return what the YAML holds as plain values, and whether only its beginning could be read."""
    builder = _Builder()
    try:
        for event in yaml.parse(_tidy(text), Loader=_Loader):
            builder.take(event)
    except (yaml.YAMLError, ValueError, RecursionError, IndexError):
        return builder.result(), True
    return builder.result(), False


class _Builder:
    """Builds values from events. An alias shares the value of an anchor that is complete, so nothing grows or loops."""

    def __init__(self) -> None:
        self._root: list[object] = []
        self._open: list[tuple[object, list[str], str | None]] = []
        self._anchors: dict[str, object] = {}
        self._aliases = 0

    def take(self, event: yaml.Event) -> None:
        """Take the next event; ValueError where a document goes too far."""
        if isinstance(event, yaml.AliasEvent):
            self._aliases += 1
            if self._aliases > _ALIASES or event.anchor not in self._anchors:
                raise ValueError("too many aliases, or one of what is not complete")
            self._put(self._anchors[event.anchor])
        elif isinstance(event, yaml.ScalarEvent):
            self._put(_scalar(event))
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            if len(self._open) >= _DEPTH:
                raise ValueError("too deep")
            container: object = {} if isinstance(event, yaml.MappingStartEvent) else []
            self._put(container)
            self._open.append((container, [], event.anchor))
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            container, _, anchor = self._open.pop()
            if anchor:
                self._anchors[anchor] = container

    def result(self) -> object:
        """Return the document, or the items of several documents in one list."""
        if len(self._root) < 2:
            return self._root[0] if self._root else None
        return [each for root in self._root for each in (root if isinstance(root, list) else [root])]

    def _put(self, value: object) -> None:
        if not self._open:
            self._root.append(value)
            return
        container, keys, _ = self._open[-1]
        if isinstance(container, list):
            container.append(value)
        elif isinstance(container, dict):
            if keys:
                container[keys.pop()] = value
            else:
                keys.append(value if isinstance(value, str) else str(value)[:200] if isinstance(value, int) else "?")


def _tidy(text: str) -> str:
    """Take away what no YAML of Google's has and people leave: elisions and tabs."""
    return re.sub(r"(?m)^\s*(?:\.\.\.|…)\s*$", "", text.replace("\t", "  "))


def _scalar(event: yaml.ScalarEvent) -> object:
    text: str = event.value
    if event.style:
        return text
    if text in {"true", "True"}:
        return True
    if text in {"false", "False"}:
        return False
    if text in {"null", "~", ""}:
        return None
    return int(text) if re.fullmatch(r"-?\d{1,15}", text) else text
