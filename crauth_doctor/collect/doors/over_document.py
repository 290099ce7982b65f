"""Google, with a document behind it: what cannot be read stands perhaps in what the user gave."""

from __future__ import annotations

from contextlib import suppress

from ...gcp import methods
from ...gcp.door import Asked, Door, UnansweredError
from ...google_json.json_access import Json
from ...model.fact import Absent, Source, Unknown
from .document import DocumentDoor
from .wrapped import WrappedDoor


class DoorOverDocument(WrappedDoor):
    """A door with a document behind it. What was read stands; what was refused stays told, also where it is given.

    Args:
        inner: what is asked first.
        behind: what is asked where that cannot tell.
    """

    def __init__(self, inner: Door, behind: DocumentDoor, given: set[tuple[str, str]] | None = None) -> None:
        super().__init__(inner)
        self._behind = behind
        self._given = set() if given is None else given

    def around(self, inner: Door) -> Door:
        """Return the same before another door."""
        return DoorOverDocument(inner, self._behind, self._given)

    def answer(self, asked: Asked) -> Json:
        """Return what was answered, or what the document holds.

        Raises:
            UnansweredError: neither tells.
        """
        try:
            found = self.inner.answer(asked)
        except UnansweredError as error:
            if isinstance(error.fact, Absent) or asked.page_token:
                raise
            with suppress(UnansweredError):
                shown = self._shown(asked)
                self.inner.noted(_at(error.fact, asked))
                return shown
            raise
        if asked.row == methods.TASKS and not found.get(asked.row.items):
            with suppress(UnansweredError):
                return self._shown(asked)  # a task that was done is in no list any more
        return found

    def _shown(self, asked: Asked) -> Json:
        found = self._behind.answer(asked)
        self._given.add((asked.row.read, asked.target))
        return found

    def source(self, read: str, target: str) -> Source:
        """Return where an answer comes from."""
        door = self._behind if (read, target) in self._given else self.inner
        return door.source(read, target)

    def part(self, asked: Asked) -> Json | None:
        """Return what the document holds in part."""
        return self._behind.part(asked)


def _at(fact: Unknown, asked: Asked) -> Unknown:
    return Unknown(Source(asked.row.read, asked.target), fact.obstacle, fact.detail, fact.permission)
