"""The values of a YAML text, read from the parser's events: no tags, few aliases, no depth, so that none can hurt."""

from __future__ import annotations

import re

import yaml

_DEPTH = 40
_ALIASES = 200
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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
