"""What a project has, to choose from."""

from __future__ import annotations

from ..deferred import dataclass


@dataclass(frozen=True)
class InventoryItem:
    """Something of the project that was found.

    Args:
        value: as the command line takes it: a full name, `run/NAME`, an e-mail.
        label: what is shown.
        group: its kind, as people call several of them.
    """

    value: str
    label: str
    group: str = ""


@dataclass(frozen=True)
class Inventory:
    """What a project has.

    Args:
        note: what could not be listed, in a sentence; empty where all could.
    """

    found: tuple[InventoryItem, ...] = ()
    note: str = ""
