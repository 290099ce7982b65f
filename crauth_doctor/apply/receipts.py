"""Receipts: a file for every change, written before it and completed after it.

A receipt is `pending` until the write is known to have happened, `done` after it, and `undone` once it was taken back.
Whoever makes a change holds a lock on its receipt; a pending receipt that nobody holds was interrupted, and only
reading the document tells how that ended.
"""

from __future__ import annotations

import json
import os
import secrets
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, Final

from ..model.change import Applicable
from .codec import change_of, document_of

try:
    import fcntl
except ImportError:  # not on Windows, where a change that is under way cannot be told from an interrupted one
    fcntl = None  # type: ignore[assignment]

VERSION: Final = 1


class Status(StrEnum):
    """How far a change has got."""

    PENDING = "pending"
    DONE = "done"
    NOT_MADE = "not-made"
    UNDONE = "undone"


class UnreadableError(Exception):
    """A receipt that cannot be found or read, or a place where none can be written; the message says which."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One change.

    Args:
        id: its name, which sorts by time.
        status: how far it has got.
        change: what was changed.
        reversed: whether the change was taken back rather than made.
        where: `google`, or which sandbox.
        when: RFC 3339, by the clock of the cloud.
        who: the member that made it.
        before: what was there before, as far as the change concerns it, with its etag.
        after: the same after it.
        undoes: id of the receipt that it takes back.
        tool: version of this tool.
    """

    id: str
    status: Status
    change: Applicable
    where: str
    when: str
    who: str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    reversed: bool = False
    undoes: str | None = None
    tool: str = ""

    @property
    def is_sandbox(self) -> bool:
        """Whether it is of a pretend cloud."""
        return self.where != "google"

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"receipt": VERSION, **asdict(self), "status": self.status.value, "change": document_of(self.change)}


class Receipts:
    """The folder of receipts.

    Args:
        folder: made when it is first written to, readable by its owner only.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, receipt: Receipt) -> Open:
        """Write a receipt before its change.

        Raises:
            UnreadableError: it cannot be written, so nothing may be changed.
        """
        opened = Open(self, receipt)
        opened.write(receipt)
        return opened

    def all(self) -> list[Receipt]:
        """List the receipts, the oldest first; what cannot be read is left out."""
        found = []
        for path in sorted(self.folder.glob("*.json")):
            with suppress(UnreadableError):
                found.append(_read(path))
        return found

    def get(self, id: str) -> Receipt:
        """Return a receipt by its id, the beginning of it, or its file.

        Raises:
            UnreadableError: none is called so, or more than one.
        """
        if id.endswith(".json"):
            return _read(Path(id))
        fitting = [one for one in self.all() if one.id.startswith(id) or one.id.endswith(f"-{id}")]
        exact = [one for one in fitting if one.id == id]
        if len(exact or fitting) != 1:
            how = "No receipt is" if not fitting else f"{len(fitting)} receipts are"
            raise UnreadableError(f"{how} called {id}: `crauth-doctor receipts` lists them.")
        return (exact or fitting)[0]

    def replace(self, receipt: Receipt) -> None:
        """Write another state of a receipt."""
        self._put(receipt).close()

    def is_held(self, receipt: Receipt) -> bool:
        """Tell whether a process is at work on it."""
        if fcntl is None:
            return False  # type: ignore[unreachable]
        try:
            with self.path(receipt).open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def age(self, receipt: Receipt) -> float:
        """Seconds since it was last written, by this machine's clock."""
        try:
            return time.time() - self.path(receipt).stat().st_mtime
        except OSError:
            return 0.0

    def path(self, receipt: Receipt) -> Path:
        """Return its file."""
        return self.folder / f"{receipt.id}.json"

    def drop(self, receipt: Receipt) -> None:
        """Remove the receipt of a change that was refused, and so is none."""
        self.path(receipt).unlink(missing_ok=True)

    def _put(self, receipt: Receipt) -> IO[str]:
        """Write the file whole or not at all, locked before anybody can see it."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            number, name = tempfile.mkstemp(dir=self.folder, prefix=".", suffix=".tmp")  # readable by the owner only
        except OSError as error:
            raise UnreadableError(f"No receipt can be written to {self.folder} ({error.strerror}).") from None
        file = os.fdopen(number, "w", encoding="utf-8")
        try:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX)
            json.dump(receipt.document(), file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
            if fcntl is None:
                file.close()  # type: ignore[unreachable]  # Windows renames no open file
            Path(name).replace(self.path(receipt))
        except OSError as error:
            file.close()
            Path(name).unlink(missing_ok=True)
            raise UnreadableError(f"No receipt can be written to {self.folder} ({error.strerror}).") from None
        return file


class Open:
    """A receipt whose change is being made; it is held until it is closed."""

    def __init__(self, receipts: Receipts, receipt: Receipt) -> None:
        self._receipts = receipts
        self._file: IO[str] | None = None
        self.receipt = receipt

    def write(self, receipt: Receipt) -> None:
        """Write its state now."""
        file = self._receipts._put(receipt)  # noqa: SLF001 - of one family
        self.close()
        self._file, self.receipt = file, receipt

    def finish(self, status: Status, after: Mapping[str, Any] | None = None) -> Receipt:
        """Write how it ended, and let go of it."""
        self.write(replace(self.receipt, status=status, after=self.receipt.after if after is None else after))
        self.close()
        return self.receipt

    def drop(self) -> None:
        """Remove it, for nothing was changed."""
        self._receipts.drop(self.receipt)
        self.close()

    def close(self) -> None:
        """Let go of it as it is."""
        if self._file is not None:
            self._file.close()
            self._file = None


def folder(environ: Mapping[str, str]) -> Path:
    """Where this user's receipts are.

    Source: https://specifications.freedesktop.org/basedir-spec/latest/

    Raises:
        UnreadableError: the environment tells no place.
    """
    for name, below in (("XDG_STATE_HOME", ""), ("HOME", ".local/state"), ("LOCALAPPDATA", "")):
        if environ.get(name):
            return Path(environ[name]) / below / "crauth-doctor" / "receipts"
    raise UnreadableError("Nothing tells where receipts are to be kept: set HOME or XDG_STATE_HOME.")


def new_id(seconds: float, what: str) -> str:
    """Return a name that is new, and sorts by time."""
    moment = datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%S.%f")[:-3]
    return f"{moment}Z-{what}-{secrets.token_hex(4)}"


def timestamp(seconds: float) -> str:
    """Return a moment as RFC 3339."""
    return datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")


def _read(path: Path) -> Receipt:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["receipt"] != VERSION:
            raise UnreadableError(f"{path} is a receipt of another version of this tool.")
        document["status"], document["change"] = Status(document["status"]), change_of(document["change"])
        names = Receipt.__dataclass_fields__
        return Receipt(**{key: value for key, value in document.items() if key in names})
    except (OSError, ValueError, KeyError, TypeError):
        raise UnreadableError(f"{path} is no receipt that can be read.") from None
