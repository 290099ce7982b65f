"""Receipts: a file for every change, written before it and completed after it.

A receipt is `pending` until the write is known to have happened, `done` after it, and `undone` once it was taken back.
Whoever makes a change holds a lock on its receipt; a pending receipt that nobody holds was interrupted, and only
reading the document tells how that ended. A receipt is data: whatever its file says is checked, and the file's own name
is the only name that it has. Those of sandboxes are told from others by `where`, and neither takes the other's back.
"""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import stat
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from ..deferred import dataclass, regex
from ..model.change import Applicable
from .change_json import change_of, document_of, refuse_unkept
from .files import LONGEST, Files, is_mine, missing

try:
    import fcntl
except ImportError:  # not on Windows, where a change that is under way cannot be told from an interrupted one
    fcntl = None  # type: ignore[assignment]

VERSION: Final = 1
FILES: Files = Files()
"""The file system of every `Receipts` that is given no other."""
_ID: Final = regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_TEXTS: Final = ("where", "when", "who", "tool", "note")
_OPTIONAL: Final = frozenset({"before", "after", "reversed", "undoes", "tool", "note"})


class ReceiptStatus(StrEnum):
    """How far a change has got."""

    PENDING = "pending"
    DONE = "done"
    NOT_MADE = "not-made"
    UNDONE = "undone"


class UnreadableError(Exception):
    """A receipt that cannot be found or read, or a place where none can be written; the message says which."""


@dataclass(frozen=True)
class Unreadable:
    """A file among the receipts that is none."""

    file: str
    why: str  # in a few words


@dataclass(frozen=True)
class Receipt:
    """One change."""

    id: str  # its name, which sorts by time
    status: ReceiptStatus  # how far it has got
    change: Applicable
    where: str  # `google`, or which sandbox
    when: str  # RFC 3339, by the clock of the cloud
    who: str  # the member that made it
    # what was there before, as far as the change concerns it, with its etag
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)  # the same after it
    reversed: bool = False  # whether the change was taken back rather than made
    undoes: str | None = None  # id of the receipt that it takes back
    tool: str = ""  # version of this tool
    note: str = ""  # what is not certain of it, in a sentence

    @property
    def is_sandbox(self) -> bool:
        """Whether it is of a pretend cloud."""
        return self.where != "google"

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"receipt": VERSION, **asdict(self), "status": self.status.value, "change": document_of(self.change)}


class Receipts:
    """The folder of receipts.

    The folder is made when it is first written to, for its owner alone.
    """

    def __init__(self, folder: Path, files: Files | None = None) -> None:
        self.folder = folder
        self._files = files or FILES

    def begin(self, receipt: Receipt) -> OpenReceipt:
        """Write a receipt before its change.

        Raises:
            UnreadableError: it cannot be written, so nothing may be changed.
        """
        opened = OpenReceipt(self, receipt)
        opened.write(receipt)
        return opened

    def all(self) -> list[Receipt]:
        """List the receipts, the oldest first; `listed` tells besides what cannot be read."""
        return self.listed()[0]

    def listed(self) -> tuple[list[Receipt], list[Unreadable]]:
        """List the receipts, the oldest first, and what is there and cannot be read as one.

        Raises:
            UnreadableError: the folder is not this user's alone.
        """
        if not self._is_there():
            return [], []
        found, broken = [], []
        for name in self._names():
            try:
                found.append(self._read(name))
            except UnreadableError as error:
                broken.append(Unreadable(name, str(error)))
        return as_they_stand(found), broken

    def get(self, id: str) -> Receipt:
        """Return a receipt by its id, the beginning or end of it, or its file in the folder.

        Raises:
            UnreadableError: none is called so, or more than one, or it cannot be read.
        """
        receipts, broken = self.listed()
        wanted = self._stem(id) if id.endswith(".json") or os.sep in id else id
        exact = [one for one in receipts if one.id == wanted]
        fitting = exact or [one for one in receipts if one.id.startswith(wanted) or one.id.endswith(f"-{wanted}")]
        if len(fitting) == 1:
            return fitting[0]
        why = next((one.why for one in broken if one.file == f"{wanted}.json"), None)
        if not fitting and why:
            raise UnreadableError(f"{self.folder / wanted}.json cannot be read as a receipt: {why}.")
        how = "No receipt is" if not fitting else f"{len(fitting)} receipts are"
        raise UnreadableError(f"{how} called {id}: `crauth-doctor receipts` lists them.")

    def replace(self, receipt: Receipt) -> None:
        """Write another state of a receipt.

        Raises:
            UnreadableError: it cannot be written; it is what it was.
        """
        self._files.close(self._put(receipt))

    def is_held(self, receipt: Receipt) -> bool:
        """Whether a process is at work on it."""
        if fcntl is None:
            return False  # type: ignore[unreachable]
        try:
            number = self._files.open_existing(self.path(receipt))
        except OSError:
            return False
        try:
            fcntl.flock(number, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        finally:
            self._files.close(number)
        return False

    def age(self, receipt: Receipt) -> float:
        """Seconds since it was last written, by this machine's clock."""
        try:
            return time.time() - self._files.status(self.path(receipt)).st_mtime
        except OSError:
            return 0.0

    def path(self, receipt: Receipt) -> Path:
        """Return its file, which is in this folder.

        Raises:
            UnreadableError: its id is no name of a file.
        """
        if not _ID.fullmatch(receipt.id):
            raise UnreadableError(f"{receipt.id!r} is not a receipt's id.")
        return self.folder / f"{receipt.id}.json"

    def drop(self, receipt: Receipt) -> None:
        """Remove the receipt of a change that was refused, and so is none; one that stays is resolved by reading."""
        with suppress(OSError):
            self._files.remove(self.path(receipt))

    def _names(self) -> list[str]:
        try:
            return [name for name in self._files.names(self.folder) if name.endswith(".json")]
        except OSError as error:
            raise UnreadableError(f"{self.folder} cannot be listed ({_why(error)}).") from None

    def _stem(self, file: str) -> str:
        """Return the id of a file in the folder; another file is no receipt of this user's."""
        path = Path(file)
        try:
            is_here = path.parent.resolve() == self.folder.resolve()
        except (OSError, RuntimeError):
            is_here = False
        if not is_here:
            raise UnreadableError(f"{file} is not in {self.folder}: only changes recorded there can be undone.")
        return path.name.removesuffix(".json")

    def _read(self, name: str) -> Receipt:
        try:
            number = self._files.open_existing(self.folder / name)
            try:
                text = self._files.read(number)
            finally:
                self._files.close(number)
        except OSError as error:
            raise UnreadableError(_why(error)) from None
        return receipt_of(name.removesuffix(".json"), text)

    def _is_there(self) -> bool:
        """Whether the folder is there.

        Raises:
            UnreadableError: others can write to it, or to what it is in, or it is no folder of this user's.
        """
        return all(self._is_safe(path) for path in (self.folder.parent, self.folder))

    def _is_safe(self, path: Path) -> bool:
        try:
            found = self._files.status(path)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise UnreadableError(f"{path} cannot be looked at ({_why(error)}).") from None
        if not stat.S_ISDIR(found.st_mode):
            raise UnreadableError(f"{path} is a link or a file, not a folder: no receipt is written there.")
        if path != self.folder and found.st_mode & stat.S_ISVTX:
            return True  # such as /tmp: what is in it can be renamed by its owner only
        if not is_mine(found):
            raise UnreadableError(f"{path} belongs to somebody else: no receipt is written there.")
        if os.name == "posix" and found.st_mode & 0o022:
            raise UnreadableError(f"{path} can be written by others: close it first, with `chmod 700 {path}`.")
        if os.name == "posix" and path == self.folder and found.st_mode & 0o055:
            with suppress(OSError):
                self._files.close_to_others(path)
        return True

    def _make_folder(self) -> None:
        try:
            if not self._is_there():
                for one in missing(self._files, self.folder):
                    with suppress(FileExistsError):  # another run makes it, too; whose it is is looked at below
                        self._files.make_folder(one)
                self._is_there()
        except UnreadableError as error:
            raise UnreadableError(f"No receipt can be written to {self.folder}: {error}") from None
        except OSError as error:
            raise UnreadableError(f"No receipt can be written to {self.folder} ({_why(error)}).") from None

    def _put(self, receipt: Receipt) -> int:
        """Write the file whole or not at all, locked before anybody can see it; return it, open."""
        path = self.path(receipt)
        self._make_folder()
        draft = self.folder / f".{receipt.id[:150]}-{secrets.token_hex(4)}.tmp"
        number = None
        try:
            number = self._files.open_new(draft)
            if fcntl is not None:
                fcntl.flock(number, fcntl.LOCK_EX)
            self._files.write(number, f"{json.dumps(receipt.document(), indent=2)}\n".encode())
            self._files.sync(number)
            if fcntl is None:
                self._files.close(number)  # type: ignore[unreachable]  # Windows renames no open file
            self._files.rename(draft, path)
        except OSError as error:
            if number is not None:
                self._files.close(number)
            with suppress(OSError):
                self._files.remove(draft)
            raise UnreadableError(f"No receipt can be written to {self.folder} ({_why(error)}).") from None
        return number


class OpenReceipt:
    """A receipt whose change is being made; it is held until it is closed."""

    def __init__(self, receipts: Receipts, receipt: Receipt) -> None:
        self._receipts = receipts
        self._number: int | None = None
        self.receipt = receipt

    def write(self, receipt: Receipt) -> None:
        """Write its state now.

        Raises:
            UnreadableError: it cannot be written; on the disk it is what it was.
        """
        number = self._receipts._put(receipt)  # noqa: SLF001 - of one family
        self.close()
        self._number, self.receipt = number, receipt

    def finish(self, status: ReceiptStatus, after: Mapping[str, Any] | None = None) -> Receipt:
        """Write how it ended, and let go of it."""
        self.write(replace(self.receipt, status=status, after=self.receipt.after if after is None else after))
        self.close()
        return self.receipt

    def drop(self) -> None:
        """Remove it, for nothing was changed."""
        self._receipts.drop(self.receipt)
        self.close()

    def close(self) -> None:
        """Release it as it is."""
        if self._number is not None:
            self._receipts._files.close(self._number)  # noqa: SLF001 - of one family
            self._number = None


def folder(environ: Mapping[str, str]) -> Path:
    """Where this user's receipts are.

    Source: https://specifications.freedesktop.org/basedir-spec/latest/

    Raises:
        UnreadableError: the environment tells no place.
    """
    for name, below in (("XDG_STATE_HOME", ""), ("HOME", ".local/state"), ("LOCALAPPDATA", "")):
        if environ.get(name):
            return Path(environ[name]) / below / "crauth-doctor" / "receipts"
    raise UnreadableError("There is no place for receipts: set HOME or XDG_STATE_HOME.")


def new_id(seconds: float, what: str) -> str:
    """Return a name that is new, and sorts by time."""
    moment = datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%S.%f")[:-3]
    return f"{moment}Z-{re.sub('[^A-Za-z0-9.-]+', '-', what)[:63]}-{secrets.token_hex(4)}"


def timestamp(seconds: float) -> str:
    """Return a moment as RFC 3339."""
    return datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")


def receipt_of(id: str, text: bytes) -> Receipt:
    """Read a receipt. The one place where what a file says is checked.

    Raises:
        UnreadableError: it is none; the message says why, in a few words.
    """
    if not _ID.fullmatch(id):
        raise UnreadableError("its name has characters that an id cannot have")
    if len(text) > LONGEST:
        raise UnreadableError("it is too long")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise UnreadableError("it is not JSON") from None
    if not isinstance(document, dict):
        raise UnreadableError("it is not an object")
    if type(document.get("receipt")) is not int or document["receipt"] != VERSION:
        raise UnreadableError("it is of another version of this tool")
    try:
        return _checked(id, document)
    except ValueError as error:
        raise UnreadableError(str(error)) from None


def _checked(id: str, document: dict[str, Any]) -> Receipt:
    known = Receipt.__dataclass_fields__.keys()
    given = {key: value for key, value in document.items() if key != "receipt"}
    if not given.keys() <= known or not known - _OPTIONAL <= given.keys():
        raise ValueError("it has parts that a receipt does not have")
    if given["id"] != id:
        raise ValueError("the id in it is not the name of its file")
    if given["status"] not in list(ReceiptStatus):
        raise ValueError("its status is not valid")
    for key in _TEXTS:
        if not isinstance(given.get(key, ""), str) or not given.get(key, "").isprintable():
            raise ValueError(f"its {key} is not plain text")
    undoes = given.get("undoes")
    if undoes is not None and not (isinstance(undoes, str) and _ID.fullmatch(undoes) and undoes != id):
        raise ValueError("what it undoes is not another receipt's id")
    if not isinstance(given.get("reversed", False), bool):
        raise ValueError("its reversed is neither true nor false")  # noqa: TRY004 - as everything here
    change = change_of(given["change"])
    for key in ("before", "after"):
        refuse_unkept(change, given.get(key, {}))
    return Receipt(**{**given, "status": ReceiptStatus(given["status"]), "change": change})


def as_they_stand(receipts: Iterable[Receipt]) -> list[Receipt]:
    """Return the receipts with what others among them took back as undone, which no second file has to say."""
    found = list(receipts)
    done = ReceiptStatus.DONE
    taken = {one.undoes for one in found if one.reversed and one.status is done}
    return [replace(o, status=ReceiptStatus.UNDONE) if o.id in taken and o.status is done else o for o in found]


def _why(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "it is a link"
    return error.strerror or type(error).__name__
