"""A file system that fails where a test says so."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from crauth_doctor.apply.files import Files

T = TypeVar("T")
STEPS = ("open", "write", "sync", "rename")


class Faulty(Files):
    """Fails the n-th step, and every one of its kind after it while the disk is full.

    Args:
        step: which kind of step.
        number: which of them, from 1; 0 for none.
        forever: whether all later ones of any kind that needs space fail as well.
        error: what is raised.
    """

    def __init__(
        self, step: str = "", number: int = 0, *, forever: bool = False, error: BaseException | None = None
    ) -> None:
        self.counted = dict.fromkeys(STEPS, 0)
        self._step, self._number, self._forever = step, number, forever
        self._error = error or OSError(errno.ENOSPC, "No space left on device")
        self._full = False

    @property
    def failed(self) -> bool:
        """Whether it came to that step."""
        return bool(self._number) and self.counted[self._step] >= self._number

    def _at(self, step: str, deed: Callable[[], T]) -> T:
        self.counted[step] += 1
        if self._full or (step == self._step and self.counted[step] == self._number):
            self._full = self._forever
            raise self._error
        return deed()

    def open_new(self, path: Path) -> int:
        return self._at("open", lambda: Files.open_new(self, path))

    def write(self, number: int, data: bytes) -> None:
        def half() -> None:
            Files.write(self, number, data)

        if self._step == "write" and self.counted["write"] + 1 == self._number:
            Files.write(self, number, data[: len(data) // 2])
        self._at("write", half)

    def sync(self, number: int) -> None:
        self._at("sync", lambda: Files.sync(self, number))

    def rename(self, old: Path, new: Path) -> None:
        self._at("rename", lambda: Files.rename(self, old, new))


def numbers(most: Any) -> list[tuple[str, int]]:
    """Every step of every kind, as far as one kind goes."""
    return [(step, number) for step in STEPS for number in range(1, most + 1)]
