"""A file that a user writes in YAML, read so that each complaint names its line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

import yaml

from ...deferred import regex
from ...spelling import did_you_mean, similar
from ..context import MisuseError

Node: TypeAlias = yaml.Node

_PLACED: Final = regex(r"(?P<what>[a-z]+/[^@\s]+)@(?P<project>[a-z0-9][a-z0-9.:-]+)(?:/(?P<region>[a-z0-9-]+))?")


class YamlFile:
    """Such a file. Its nodes are never expanded, so that aliases cost nothing.

    Raises:
        MisuseError: it is not YAML.
    """

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            where = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
            raise MisuseError(f"{name}{where}: this is not YAML ({error.problem}).") from None
        except (yaml.YAMLError, RecursionError, ValueError):
            raise MisuseError(f"{name} is not YAML.") from None
        if root is None:
            raise MisuseError(f"{name} is empty.")
        self.root: Node = root

    def wrong(self, node: Node, sentence: str) -> MisuseError:
        """Return what is wrong with a node, with its line."""
        return MisuseError(f"{self.name}, line {line_of(node)}: {sentence}")

    def fields(self, node: Node, what: str, known: Iterable[str]) -> dict[str, Node]:
        """Return a mapping's values by their keys.

        `what` it is, with its article, for complaints; it may have the keys `known`, or any where there are none.

        Raises:
            MisuseError: it is no mapping, or has a key twice or one that is not known.
        """
        if not isinstance(node, yaml.MappingNode):
            raise self.wrong(node, f"{what} is a mapping, such as `key: value`.")
        names, found = tuple(known), dict[str, Node]()
        for key, value in node.value:
            name = self.text(key)
            if names and name not in names:
                hint = (
                    did_you_mean(similar(name, names)) or f"{what[:1].upper()}{what[1:]} may have: {', '.join(names)}."
                )
                raise self.wrong(key, f"{what} has no key {name!r}. {hint}")
            if name in found:
                raise self.wrong(key, f"{name} stands here twice.")
            found[name] = value
        return found

    def items(self, node: Node, *, some: bool = False) -> list[Node]:
        """Return the items of a list; what is none is a list of one.

        Args:
            node: the list.
            some: whether one that is empty is wrong, for nothing would be judged by it.

        Raises:
            MisuseError: it is empty, and may not be.
        """
        if some and isinstance(node, yaml.SequenceNode) and not node.value:
            raise self.wrong(node, "this list is empty, so nothing would be checked.")
        return list(node.value) if isinstance(node, yaml.SequenceNode) else [node]

    def text(self, node: Node) -> str:
        """Return a text, a number or a date as it is written.

        Raises:
            MisuseError: it is something else, or nothing.
        """
        if not isinstance(node, yaml.ScalarNode) or not node.value or node.tag.endswith(":null"):
            raise self.wrong(node, "a text must stand here.")
        return str(node.value)


def line_of(node: Node) -> int:
    """Return the line that a node begins in, counted from 1."""
    return int(node.start_mark.line) + 1 if node.start_mark else 1


def placed(words: str) -> tuple[str, str | None, str | None]:
    """Read `run/orders@PROJECT` or `run/orders@PROJECT/REGION`: what is named, its project and its region."""
    found = _PLACED.fullmatch(words)
    return (found["what"], found["project"], found["region"]) if found else (words, None, None)
