"""Files that a user names, read with a bound: a device or an endless pipe must not fill the memory."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from typing import TextIO

from ..workflows import WorkflowError

LIMIT = 64 * 1024 * 1024
"""As many bytes of one file as are read."""


def content_of(file: str) -> bytes:
    """Return what is in a file, a pipe (of a process substitution, say) or, for `-`, stdin.

    Raises:
        WorkflowError: it cannot be read, is something else, or is too large.
    """
    try:
        if file == "-":
            found = sys.stdin.buffer.read(LIMIT + 1)
        else:
            _check(file, os.stat(file).st_mode, piped=True)  # noqa: PTH116 - pathlib costs more to import than this
            with open(file, "rb") as stream:  # noqa: PTH123
                found = stream.read(LIMIT + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "this is not a file name"
        raise WorkflowError(f"{file} cannot be read ({reason}): name a file, or - for stdin.") from None
    if len(found) > LIMIT:
        raise WorkflowError(f"{file} is too large: at most {LIMIT // 1024**2} MiB are read. Cut out what matters.")
    return found


def write_new(file: str, text: str) -> None:
    """Write a file that nobody else may read; one of this name is replaced.

    Raises:
        WorkflowError: it cannot be written.
    """
    try:
        with opened_anew(file) as stream:
            stream.write(text)
    except OSError as error:
        raise _unwritten(file, error) from None


def opened_anew(file: str) -> TextIO:
    """Open a file that nobody else may read; one of this name is replaced.

    Raises:
        WorkflowError: it cannot be written.
    """
    try:
        return open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8")  # noqa: PTH123
    except (OSError, ValueError) as error:
        raise _unwritten(file, error) from None


def _unwritten(file: str, error: OSError | ValueError) -> WorkflowError:
    reason = error.strerror if isinstance(error, OSError) else "this is not a file name"
    return WorkflowError(f"{file} cannot be written ({reason}): name another file.")


def replace_file(file: str, text: str) -> None:
    """Write a file as a whole or not at all; only a regular file is replaced.

    Raises:
        WorkflowError: it cannot be written, or is something else.
    """
    place = os.path.realpath(file)
    fresh = f"{place}.{os.getpid()}.tmp"
    try:
        _check_target(file, place)
        try:
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "w", encoding="utf-8") as stream:  # noqa: PTH123
                stream.write(text)
            os.replace(fresh, place)  # noqa: PTH105
        except OSError:
            with suppress(OSError):
                os.unlink(fresh)  # noqa: PTH108
            raise
    except (OSError, ValueError) as error:
        raise _unwritten(file, error) from None


def _check_target(file: str, place: str) -> None:
    with suppress(FileNotFoundError):
        found = os.stat(place)  # noqa: PTH116
        if not stat.S_ISREG(found.st_mode):
            kind = "folder" if stat.S_ISDIR(found.st_mode) else "device or a pipe"
            raise WorkflowError(f"{file} is a {kind}, not a file: name a file.")


SUMMARY_LIMIT = 900_000
"""As many bytes as this tool lets the summary of a step grow to: GitHub takes 1 MiB.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""


def append_to_summary(file: str, text: str) -> None:
    """Add a report to the summary of a step of GitHub's; where it would grow too large, that is said instead.

    Raises:
        WorkflowError: it cannot be written.
    """
    try:
        with open(file, "a", encoding="utf-8") as stream:  # noqa: PTH123
            if stream.tell() + len(text.encode()) > SUMMARY_LIMIT:
                text = "This summary has no room for another report."
            stream.write(f"{text}\n")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "this is not a file name"
        raise WorkflowError(f"The summary of the step, {file}, cannot be written ({reason}).") from None


def check_regular(file: str) -> None:
    """Refuse what is there and is no file, or too large; what is not there is for whoever opens it to tell.

    Raises:
        WorkflowError: it is something else, or too large.
    """
    try:
        found = os.stat(file)  # noqa: PTH116
    except (OSError, ValueError):
        return
    _check(file, found.st_mode, piped=False)
    if found.st_size > LIMIT:
        raise WorkflowError(f"{file} is too large: at most {LIMIT // 1024**2} MiB are read.")


def _check(file: str, mode: int, *, piped: bool) -> None:
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode) or (piped and (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode))):
        return  # opening a folder fails by itself, in plain words
    raise WorkflowError(f"{file} is a {'pipe' if stat.S_ISFIFO(mode) else 'device'}, not a file: name a file.")
