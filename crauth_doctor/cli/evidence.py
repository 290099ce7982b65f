"""What the user already has of a failing call: the one place where a command takes it in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..model.evidence import Evidence
    from ..model.facts import Facts


def take(files: tuple[str, ...]) -> Evidence | None:
    """Read the files that `--evidence` named, `-` being stdin; None where none was named.

    Raises:
        Failure: one cannot be read.
    """
    if not files:
        return None
    from ..evidence import read

    return read("\n".join(text(file) for file in dict.fromkeys(files)))


def added(facts: Facts, evidence: Evidence | None) -> Facts:
    """Return the facts with what the evidence tells in them."""
    if evidence is None:
        return facts
    from ..evidence import merge
    from .records import beside

    return merge(facts, beside(evidence, facts))


def alone(file: str) -> Facts:
    """Return what is known from evidence alone."""
    from ..evidence import facts_of, read

    return facts_of(read(text(file)))


def text(file: str) -> str:
    """Read a file, or stdin for `-`, in whatever encoding and with whatever line ends a shell wrote it.

    Raises:
        Failure: it cannot be read, is no file, or is too large.
    """
    from ..evidence.text import text_of
    from .files import content_of

    # Windows doubles the first of the two.
    return text_of(content_of(file)).replace("\r\r\n", "\n").replace("\r\n", "\n")
