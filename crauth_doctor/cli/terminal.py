"""Where output goes, and how it may look: reports to stdout, everything else to stderr.

Whatever is printed passes `redaction` here: no caller has to think of it, and none can forget it.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Final, Self, TextIO

import click

if TYPE_CHECKING:
    from ..model.finding import Step
    from ..report.layout import Look

_PATIENCE: Final = 0.1
"""How long, in seconds, a run may take before it says what it is doing."""
_NARROWEST: Final = 40
_WIDEST: Final = 120


class OutputError(Exception):
    """A report could not be printed. What was done before stands."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The report could not be written to standard output ({reason}). What was done before stands.")


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a standard stream is a terminal; one that is closed is none."""
    return stream is not None and stream.isatty()


def can_ask() -> bool:
    """Whether a human is there to answer."""
    return is_terminal(sys.stdin) and is_terminal(sys.stdout)


def emit(text: str) -> None:
    """Print a report. It is flushed here: where the reader has gone, the status is still the report's.

    Raises:
        OutputError: there is nowhere to print it to, or no space left.
    """
    from ..redaction import printable

    _print(printable(text, colour=is_terminal(sys.stdout)))


def _print(text: str) -> None:
    Progress.wipe()
    if sys.stdout is None:  # Python's own way to say that the descriptor was closed
        raise OutputError("it is closed")
    try:
        click.echo(text, nl=False, color=True)
        sys.stdout.flush()
    except BrokenPipeError:
        swallow_the_rest()
    except UnicodeEncodeError:
        encoding = sys.stdout.encoding or "ascii"
        click.echo(text.encode(encoding, "backslashreplace").decode(encoding), nl=False, color=True)
    except OSError as error:
        swallow_the_rest()
        raise OutputError(error.strerror or type(error).__name__) from None


def print_report(text: str, form: str, environ: Mapping[str, str]) -> None:
    """Print a report in one of its formats, so that the runner of a CI job takes nothing of it for a command.

    Raises:
        OutputError: as for `emit`.
    """
    from ..redaction import without_commands
    from ..report.formats import MARKED_UP

    if form == "text" and environ.get("GITHUB_ACTIONS") == "true":
        import secrets

        end = secrets.token_hex(16)
        _print(f"::stop-commands::{end}\n")
        emit(text)
        _print(f"::{end}::\n")
    elif form == "github":
        _print(text)
    elif form in MARKED_UP:
        _print(without_commands(text))
    else:
        emit(text)


def say(text: str) -> None:
    """Print what is no report; where nobody can be told, nothing is."""
    from ..redaction import printable

    Progress.wipe()
    try:
        click.echo(printable(text, colour=is_terminal(sys.stderr)), err=True)
    except OSError:
        swallow_the_rest(sys.stderr)


def look(environ: Mapping[str, str], *, whole: bool = False) -> Look:
    """Return how a report on stdout may look: coloured only on a terminal, and 80 columns wide when piped.

    `whole`: what fits no screen is told as well; where nobody watches, it is told anyway.
    """
    from ..report.layout import Look

    watched = is_terminal(sys.stdout)
    colour = watched and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
    symbols = _is_utf(sys.stdout) and environ.get("TERM") != "dumb"
    width = _columns() if watched else 80
    return Look(min(max(width, _NARROWEST), _WIDEST), colour, symbols, whole or not watched)


def _is_utf(stream: TextIO | None) -> bool:
    return (getattr(stream, "encoding", None) or "").lower().replace("-", "").startswith("utf")


def _columns() -> int:
    import shutil

    return shutil.get_terminal_size().columns


class Progress:
    """Says on stderr what is being done, when that takes long and somebody watches."""

    _last: ClassVar[Progress | None] = None

    def __init__(self, environ: Mapping[str, str], *, quiet: bool) -> None:
        self._shown = not quiet and is_terminal(sys.stderr) and environ.get("TERM") != "dumb"
        self._text = "the settings"
        self._steps: Sequence[Step] = ()
        self._lock = threading.Lock()
        self._patient = True
        self._timer = threading.Timer(_PATIENCE, self._start)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        if self._shown and self._timer.ident is None:
            Progress._last = self
            self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            self._clear()
            self._shown = False

    @classmethod
    def wipe(cls) -> None:
        """Take away what is said, so that something else can be printed in its place."""
        last = cls._last
        if last is not None:
            with last._lock:  # noqa: SLF001 - another of this very class
                last._clear()  # noqa: SLF001

    def _clear(self) -> None:
        if self._shown and not self._patient:
            self._write("")

    def __call__(self, text: str) -> None:
        """Tell what is being done now."""
        from ..redaction import clean

        with self._lock:
            self._text = clean(text)
            if self._shown and not self._patient:
                self._say()

    @classmethod
    def judged(cls, steps: Sequence[Step]) -> None:
        """Show the marks of the stages that are decided, before what is being read."""
        last = cls._last
        if last is not None:
            with last._lock:  # noqa: SLF001 - another of this very class
                last._steps = steps  # noqa: SLF001
                if last._shown and not last._patient:  # noqa: SLF001
                    last._say()  # noqa: SLF001

    def _say(self) -> None:
        """Write what is read, behind as many of the latest marks as the line has room for."""
        from ..report.text import marks

        reading = f"reading {self._text} ..."
        for first in range(len(self._steps)):
            line = f"{marks(self._steps[first:], symbols=_is_utf(sys.stderr))}   {reading}"
            if len(line) < _columns():
                self._write(line)
                return
        self._write(f"R{reading[1:]}")

    def _start(self) -> None:
        with self._lock:
            self._patient = False
            if self._shown:
                self._say()

    def _write(self, text: str) -> None:
        sys.stderr.write(f"\r\x1b[K{text[: _columns() - 1]}")
        sys.stderr.flush()


def swallow_the_rest(stream: TextIO | None = None) -> None:
    """Keep Python from complaining when it flushes to a reader who has gone; left out: of standard output."""
    stream = sys.stdout if stream is None else stream
    if stream is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
