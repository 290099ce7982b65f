"""The few things that receipts ask of the file system; one object, so that a test can let any of them fail."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

LONGEST: Final = 8 * 2**20
"""Bytes of a receipt that are read at most; a policy has 250 kB at most, and a receipt holds two."""
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT: Final = getattr(os, "O_NONBLOCK", 0)
_CLOSED_ON_EXEC: Final = getattr(os, "O_CLOEXEC", 0)


class Files:
    """The file system, a call each."""

    def status(self, path: Path) -> os.stat_result:
        """Return what a path is, without following a link."""
        return path.lstat()

    def names(self, folder: Path) -> list[str]:
        """List a folder."""
        return sorted(os.listdir(folder))  # noqa: PTH208 - names are wanted, not paths

    def make_folder(self, path: Path) -> None:
        """Make one folder, for its owner alone, whatever the umask."""
        path.mkdir(mode=0o700)

    def close_to_others(self, path: Path) -> None:
        """Take a folder from everybody but its owner."""
        path.chmod(0o700)

    def open_existing(self, path: Path) -> int:
        """Open a regular file of this user to be read: no link, and nothing that would block or never end.

        Raises:
            OSError: it is not there, or is something else.
        """
        number = os.open(path, os.O_RDONLY | _NO_LINK | _NO_WAIT | _CLOSED_ON_EXEC)
        found = os.fstat(number)
        if not stat.S_ISREG(found.st_mode) or not is_mine(found):
            os.close(number)
            raise OSError(0, "not a regular file of yours")
        return number

    def read(self, number: int) -> bytes:
        """Read an open file, and no more of it than a receipt may have."""
        parts, size = [], 0
        while size <= LONGEST and (part := os.read(number, 2**16)):
            parts.append(part)
            size += len(part)
        return b"".join(parts)

    def open_new(self, path: Path) -> int:
        """Open a file that is not there yet, for its owner alone."""
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_LINK | _CLOSED_ON_EXEC
        return os.open(path, flags, 0o600)

    def write(self, number: int, data: bytes) -> None:
        """Write all of it."""
        while data:
            data = data[os.write(number, data) :]

    def sync(self, number: int) -> None:
        """Flush it to the disk."""
        os.fsync(number)

    def rename(self, old: Path, new: Path) -> None:
        """Replace a file by another."""
        old.replace(new)

    def remove(self, path: Path) -> None:
        """Remove a file, where it is there."""
        path.unlink(missing_ok=True)

    def close(self, number: int) -> None:
        """Close a file; what could fail about it was done by `sync`."""
        with suppress(OSError):
            os.close(number)


def is_mine(found: os.stat_result) -> bool:
    """Whether something belongs to this user."""
    return not hasattr(os, "geteuid") or found.st_uid == os.geteuid()


def missing(files: Files, folder: Path) -> Iterator[Path]:
    """Yield the folders that are still to be made, the outermost first."""
    wanted = [folder, *folder.parents]
    for path in reversed(wanted):
        try:
            files.status(path)
        except FileNotFoundError:
            yield path
