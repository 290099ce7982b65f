"""The exit status, the same in every format."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Final, assert_never

from ..model.finding import Conclusion


class ExitStatus(IntEnum):
    """What the process ends with; settled, and documented for scripts."""

    CLEAR = 0
    """Nothing blocks, or the command did what it was asked."""
    FAILED = 1
    """The tool failed."""
    USAGE = 2
    """The command line was not understood."""
    BLOCKED = 10
    """Something blocks."""
    CANNOT_TELL = 11
    """What was seen does not decide."""
    INTERRUPTED = 130


def status_of(conclusion: Conclusion) -> ExitStatus:
    """Return the status that a conclusion ends with."""
    match conclusion:
        case Conclusion.CLEAR:
            return ExitStatus.CLEAR
        case Conclusion.PROVEN | Conclusion.EXPECTED | Conclusion.LIKELY:
            return ExitStatus.BLOCKED
        case Conclusion.CONTRADICTED | Conclusion.UNEXPLAINED | Conclusion.UNDECIDED:
            return ExitStatus.CANNOT_TELL
        case _:
            assert_never(conclusion)


_WORST_FIRST: Final = (
    ExitStatus.INTERRUPTED,
    ExitStatus.FAILED,
    ExitStatus.USAGE,
    ExitStatus.BLOCKED,
    ExitStatus.CANNOT_TELL,
)


def worst(statuses: Iterable[int]) -> ExitStatus:
    """Return what several results end with together; `CLEAR` where there are none."""
    found = {*statuses}
    return next((one for one in _WORST_FIRST if one in found), ExitStatus.CLEAR)
