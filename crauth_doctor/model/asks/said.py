"""What a person says of a call."""

from __future__ import annotations

from typing import Final

from ...deferred import dataclass


@dataclass(frozen=True)
class Said:
    """What a person says of a call, a fact and its value each, in the order in which it was said."""

    pairs: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str | None:
        """Return the value that was said; None where nothing was."""
        return next((value for said, value in reversed(self.pairs) if said == name), None)

    def also(self, name: str, value: str) -> Said:
        """Return it with one more, which takes the place of what was said of the same fact."""
        return Said((*(pair for pair in self.pairs if pair[0] != name), (name, value)))


NOTHING_SAID: Final = Said()
