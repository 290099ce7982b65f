"""A value that must never be shown."""

from __future__ import annotations

from typing import Final, NoReturn, final

HIDDEN: Final = "[hidden]"


@final
class Secret:
    """A token: its str, repr, format and pickle never show it; only `reveal` hands it out, to whoever sends it."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """Return the value itself, for the one request that needs it."""
        return self.__value

    def __repr__(self) -> str:
        return f"Secret({HIDDEN})"

    def __str__(self) -> str:
        return HIDDEN

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is never pickled or copied")
