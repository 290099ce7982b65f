"""The worlds that come with the tool, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


def built_in(name: str) -> Traversable | None:
    """Return the file of a built-in world; None where there is none of that name."""
    return next((entry for entry in _worlds() if entry.name == f"{name}.yaml"), None)


def meant_world(name: str) -> str:
    """Return the question which world was meant; empty where none has a name like it."""
    from ..spelling import did_you_mean, similar

    return did_you_mean(similar(name, (entry.name.removesuffix(".yaml") for entry in _worlds())))


def _worlds() -> list[Traversable]:
    from importlib.resources import files

    folder = files("crauth_doctor.sandbox").joinpath("worlds")
    return [entry for entry in folder.iterdir() if entry.name.endswith(".yaml")]
