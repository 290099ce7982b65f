"""What a project has, to choose from."""

from __future__ import annotations

from ..deferred import dataclass


@dataclass(frozen=True)
class InventoryItem:
    """Something of the project that was found."""

    value: str  # as the command line takes it: a full name, `run/NAME`, an e-mail
    label: str  # what is shown
    group: str = ""  # its kind, as people call several of them


@dataclass(frozen=True)
class Inventory:
    """What a project has."""

    found: tuple[InventoryItem, ...] = ()
    note: str = ""  # what could not be listed, in a sentence; empty where all could
