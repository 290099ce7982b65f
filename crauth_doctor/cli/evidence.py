"""What the user already has of a failing call: the one place where a command hands it on."""

from __future__ import annotations

from .app import Failure
from .terminal import say

LATER = "This version cannot read evidence yet."


def take(files: tuple[str, ...]) -> None:
    """Take the files that `--evidence` named into account; `-` is stdin."""
    if files:
        say(f"{LATER} --evidence is left out of account.")


def explain(file: str) -> int:
    """Judge evidence alone, without any access to the cloud, and return the exit status.

    Raises:
        Failure: it cannot be judged.
    """
    raise Failure(f"{LATER} Use `crauth-doctor check SERVICE` instead of explaining {file!r}.")
