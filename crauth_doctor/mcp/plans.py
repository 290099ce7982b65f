"""Plans that are kept until a person has answered: ten minutes, one use, twenty at most."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from mcp.server.mcpserver.exceptions import ToolError

from ..report.change import ChangeReport
from ..workflows.prepared_change import PreparedChange

SECONDS: Final = 600
_MOST: Final = 20


@dataclass(slots=True)
class KeptPlan:
    """A plan that was shown."""

    change: PreparedChange
    run: str  # the command line that makes it, for a person
    expires: float  # when it is too old, by the monotonic clock
    question: str  # what the person is asked
    made: ChangeReport | None = None  # how it ended, where it was made; None before


@dataclass(slots=True)
class Plans:
    """The plans of one process."""

    _kept: dict[str, KeptPlan] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def keep(self, change: PreparedChange, run: str, question: str) -> str:
        """Keep a plan, and return its id."""
        id = f"p-{secrets.token_hex(8)}"
        with self._lock:
            self._kept[id] = KeptPlan(change, run, time.monotonic() + SECONDS, question)
            while len(self._kept) > _MOST:
                del self._kept[next(iter(self._kept))]
        return id

    def get(self, id: str) -> KeptPlan:
        """Return a plan that may still be made, or was.

        Raises:
            ToolError: there is none.
        """
        with self._lock:
            found = self._kept.get(id)
            if found is not None and found.made is None and time.monotonic() > found.expires:
                del self._kept[id]
                found = None
        if found is None:
            raise ToolError("There is no such plan any more: it was used, or is too old. Plan again.")
        return found

    def take(self, id: str) -> KeptPlan:
        """Return a plan, and keep it no more: it is used.

        Raises:
            ToolError: there is none.
        """
        with self._lock:
            found = self._kept.pop(id, None)
        if found is None or time.monotonic() > found.expires:
            raise ToolError("This plan was used, or is too old: plan again.")
        return found

    def done(self, id: str, plan: KeptPlan, report: ChangeReport) -> None:
        """Note that a plan was made, so that whoever asks again is told the same."""
        plan.made = report
        with self._lock:
            self._kept[id] = plan
