"""What a run reads and asks, told as it goes and kept for its times: on stderr, or in a file."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, TextIO

from .files import opened_anew
from .terminal import say

if TYPE_CHECKING:
    from ..model.fact import ReadTiming
    from ..model.http import HttpExchange

LEVELS: Final = ("debug", "info", "warning", "error", "critical", "none")
"""Gcloud's own. Source: https://docs.cloud.google.com/sdk/gcloud/reference#--verbosity"""


class Trace:
    """What is told, and what is kept.

    Attributes:
        verbosity: of `LEVELS`.
        http: whether each request is told.
        timings: whether the reads' times are shown at the end.
        file: where it is told; None for stderr.
        kept: the reads that have ended.
    """

    def __init__(self) -> None:
        self.verbosity = "warning"
        self.http = False
        self.timings = False
        self.file: str | None = None
        self.kept: list[ReadTiming] = []
        self._stream: TextIO | None = None
        self._lock = threading.Lock()
        self._shown = False

    @property
    def tells_reads(self) -> bool:
        """Whether each read is told."""
        return self.verbosity in {"debug", "info"}

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is said while something is read."""
        return LEVELS.index(self.verbosity) > LEVELS.index("warning") or (self.tells_reads and self.file is None)

    @property
    def is_wanted(self) -> bool:
        """Whether anybody wants to know."""
        return self.timings or self._tells_http or self.tells_reads

    @property
    def _tells_http(self) -> bool:
        return self.http or self.verbosity == "debug"

    def open(self, closing: ExitStack) -> None:
        """Open the file, so that one that cannot be written is said before anything is read.

        Raises:
            WorkflowError: it cannot be written.
        """
        if self.file is not None and self._stream is None:
            self._stream = closing.enter_context(opened_anew(self.file))

    def __call__(self, event: ReadTiming | HttpExchange) -> None:
        """Take what was read or asked, from any thread."""
        from ..model.fact import ReadTiming
        from ..report.tool.timings import told

        with self._lock:
            if isinstance(event, ReadTiming):
                self.kept.append(event)
            if self.tells_reads if isinstance(event, ReadTiming) else self._tells_http:
                self._tell(told(event))

    def taken(self) -> tuple[ReadTiming, ...] | None:
        """Return the times for a report that shows them itself; None where nobody asked."""
        if not self.timings:
            return None
        self._shown = True
        return tuple(self.kept)

    def finish(self) -> None:
        """Show the times, where no report did."""
        if not self.timings or self._shown:
            return
        from ..report.tool.timings import as_text
        from .terminal import look

        self._shown = True
        with self._lock:
            self._tell(as_text(self.kept, look({})).rstrip("\n"))

    def _tell(self, text: str) -> None:
        if self._stream is None:
            say(text)
            return
        from ..redaction import printable

        self._stream.write(f"{printable(text)}\n")
        self._stream.flush()
