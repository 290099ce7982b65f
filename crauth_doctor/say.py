"""Sentences that remember which of their words are names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from string import Formatter
from typing import Self


class Say(str):
    """A sentence, and the names in it: a plain str to whoever only shows it.

    What renders it may set the names apart, and two runs are compared by what was said, whatever it was said of.
    """

    __slots__ = ("template", "values")

    template: str  # the sentence, with `{name}` where a value comes
    values: Mapping[str, object]  # what comes there, by name; a sentence in its turn keeps its own names

    def __new__(cls, template: str, /, **values: object) -> Self:
        """Say it."""
        said = str.__new__(cls, template.format_map(values))
        said.template = template
        said.values = values
        return said

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, object]]:
        """Let a copy be said anew."""
        return (self.template,), dict(self.values)


def listed(texts: Iterable[str], between: str = "; ") -> Say:
    """Return several clauses as one, with the names in each."""
    named = {f"one{number}": text for number, text in enumerate(texts)}
    if len(named) == 1 and isinstance(only := named["one0"], Say):
        return only
    return Say(between.join(f"{{{name}}}" for name in named), **named)


def parts_of(text: str) -> Iterator[tuple[str, bool]]:
    """Yield what a text is made of, in order, and whether each piece is a name: one word that stands for something."""
    if not isinstance(text, Say):
        yield text, False
        return
    for words, name, _, _ in Formatter().parse(text.template):
        if words:
            yield words, False
        value = text.values[name] if name else ""
        if isinstance(value, Say):
            yield from parts_of(value)
        elif value != "":
            yield str(value), _is_name(value)


def capitalized(text: str) -> str:
    """Return a text with a capital first, unless a name stands there."""
    if not isinstance(text, Say):
        return text[:1].upper() + text[1:]
    if not text.template.startswith("{"):
        return Say(text.template[0].upper() + text.template[1:], **text.values)
    name = text.template[1 : text.template.index("}")]
    first = text.values[name]
    if _is_name(first) or not isinstance(first, str):
        return text
    return Say(text.template, **{**text.values, name: capitalized(first)})


def with_full_stop(text: str) -> str:
    """Return a text that ends as a sentence does."""
    if not text or text.endswith((".", "!", "?", ":")):
        return text
    return Say(f"{text.template}.", **text.values) if isinstance(text, Say) else f"{text}."


def _is_name(value: object) -> bool:
    return isinstance(value, str) and not isinstance(value, Say) and " " not in value
