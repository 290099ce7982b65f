"""Google, with a document behind it: what cannot be read stands perhaps in what the user gave."""

from __future__ import annotations

from contextlib import suppress

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

    def __init__(self, inner: Door, behind: DocumentDoor) -> None:
        super().__init__(inner)
        self._behind = behind

    def around(self, inner: Door) -> Door:
        """Return the same before another door."""
        return DoorOverDocument(inner, self._behind)

    def answer(self, asked: Asked) -> Json:
        """Return what was answered, or what the document holds.

        Raises:
            UnansweredError: neither tells.
        """
        try:
            return self.inner.answer(asked)
        except UnansweredError as error:
            if isinstance(error.fact, Absent) or asked.page_token:
                raise
            with suppress(UnansweredError):
                found = self._behind.answer(asked)
                self.inner.noted(_at(error.fact, asked))
                return found
            raise

    def source(self, read: str, target: str) -> Source:
        """Return where an answer comes from."""
        return self.inner.source(read, target)

    def part(self, asked: Asked) -> Json | None:
        """Return what the document holds in part."""
        return self._behind.part(asked)


def _at(fact: Unknown, asked: Asked) -> Unknown:
    return Unknown(Source(asked.row.read, asked.target), fact.obstacle, fact.detail, fact.permission)
