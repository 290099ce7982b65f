"""What the tools of one process share: how to reach Google, the last reports, the plans, and how work is run."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import urlsplit

import anyio
import anyio.from_thread
import anyio.to_thread
from anyio.lowlevel import current_token
from mcp.server.mcpserver import Context as CallContext
from mcp.server.mcpserver.exceptions import ToolError

from ..redaction import clean
from ..report.document import Report
from ..workflows import WorkflowError
from ..workflows.context import CallRequest, Context, Tell
from .plans import Plans
from .quoting import OthersText, Quotes

T = TypeVar("T")

AgentContext: TypeAlias = CallContext["AgentSession", Any]

_AT_ONCE: Final = 4
_REPORTS: Final = 20
_log = logging.getLogger("crauth_doctor.mcp")


@dataclass(frozen=True, slots=True)
class KeptReport:
    """A report that was given."""

    report: Report
    request: CallRequest
    others: OthersText  # what others wrote that was met on the way


@dataclass(slots=True)
class AgentSession:
    """What the tools of one process share."""

    environ: Mapping[str, str]
    sandbox: str | None = None  # base URL of a sandbox; None for Google
    # how to connect, as the server's own command line says; no tool chooses whose rights are used
    request: CallRequest = field(default_factory=CallRequest)
    allow_changes: bool = False  # whether a change can be made
    paths: frozenset[str] = frozenset()  # those that may be called besides `/`, with nobody asked
    reports: dict[str, KeptReport] = field(default_factory=dict)  # the last reports, by their ids
    plans: Plans = field(default_factory=Plans)  # what was planned
    _room: anyio.CapacityLimiter | None = None
    _projects: dict[str, anyio.Lock] = field(default_factory=dict)

    def keep(self, report: Report, request: CallRequest, others: OthersText) -> str:
        """Keep a report, and return its id."""
        id = secrets.token_hex(4)
        self.reports[id] = KeptReport(report, request, others)
        while len(self.reports) > _REPORTS:
            del self.reports[next(iter(self.reports))]
        return id

    async def read(
        self,
        call: AgentContext,
        tool: str,
        work: Callable[[Context], T],
        others: OthersText,
        *,
        project: str = "",
        path: str | None = None,
    ) -> T:
        """Run what only reads, in a thread; whoever cancels the call is not kept waiting, and nothing more is read.

        Args:
            call: the call of the tool.
            tool: its name.
            work: what is done.
            others: is told what others wrote.
            project: whose services are called; one such call at a time.
            path: the path that may be called besides `/`, for a person agreed to it.
        """
        stopped = threading.Event()
        context = Context(
            self.environ,
            self.sandbox,
            _progress(call, stopped),
            heard=others.heard,
            stopped=stopped.is_set,
            may_call=lambda url: _path(url) in {"/", path or "/"},
        )
        try:
            async with self._projects.setdefault(project, anyio.Lock()):
                return await anyio.to_thread.run_sync(
                    lambda: _guarded(tool, lambda: work(context), others),
                    abandon_on_cancel=True,
                    limiter=self._limiter(),
                )
        finally:
            stopped.set()

    async def write(self, call: AgentContext, tool: str, work: Callable[[Context], T], others: OthersText) -> T:
        """Run what writes, in a thread; it is waited for, whoever cancels the call."""
        context = Context(self.environ, self.sandbox, _progress(call, threading.Event()), heard=others.heard)
        return await anyio.to_thread.run_sync(
            lambda: _guarded(tool, lambda: work(context), others), limiter=self._limiter()
        )

    def _limiter(self) -> anyio.CapacityLimiter:
        if self._room is None:
            self._room = anyio.CapacityLimiter(_AT_ONCE)
        return self._room


def _path(url: str) -> str:
    """Return a URL's path including the query."""
    parts = urlsplit(url)
    return f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"


def _guarded(tool: str, work: Callable[[], T], others: OthersText) -> T:
    """Do it; whatever goes wrong is one sentence that the model reads.

    Raises:
        ToolError: it went wrong.
    """
    began = time.monotonic()
    try:
        found = work()
    except WorkflowError as error:
        _log.info("%s: refused after %.1f s", tool, time.monotonic() - began)
        raise ToolError(Quotes(others).text(clean(str(error), limit=1000))) from None
    except Exception as error:  # noqa: BLE001 - the SDK would give the model no word of it
        _log.debug("%s broke", tool, exc_info=True)
        raise ToolError(
            f"Something in crauth-doctor itself broke ({type(error).__name__}). Start it as "
            "`crauth-doctor --debug mcp` to see what, on stderr."
        ) from None
    _log.info("%s: %.1f s", tool, time.monotonic() - began)
    return found


def _progress(call: AgentContext, stopped: threading.Event) -> Callable[[], Any]:
    """Return what tells the client each read, as long as it waits."""
    token = current_token()

    @contextmanager
    def reading() -> Iterator[Tell]:
        count = 0

        def tell(text: str) -> None:
            nonlocal count
            if stopped.is_set():
                return
            count += 1
            with suppress(RuntimeError, anyio.BrokenResourceError, anyio.ClosedResourceError):
                anyio.from_thread.run(
                    call.report_progress, count, None, clean(f"Reading {text}", limit=200), token=token
                )

        yield tell

    return reading
