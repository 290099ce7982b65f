"""What the operator may mend, and what to send to somebody who may, where the operator may not."""

from __future__ import annotations

from typing import Final, get_args

from ..apply.resource_edits import edit_of
from ..deferred import dataclass
from ..fixes import words
from ..model.change import Applicable
from ..redaction import is_clean
from ..report.document import Report
from .change_session import request_to_administrator
from .context import CallRequest, Context
from .diagnose import open_connection
from .grant_preflight import may_write

_SECONDS: Final = 8.0


@dataclass(frozen=True)
class Advice:
    """What can be done about a cause."""

    fix: str = ""  # the first fix that the operator may make, in a sentence; empty where there is none
    widens: bool = False  # whether every such fix lets in more than the one caller
    # what to send to an administrator, line by line; empty where nobody needs to be asked
    message: tuple[str, ...] = ()


def advise(context: Context, request: CallRequest, document: Report) -> Advice:
    """Find out which fixes of the cause the operator may make."""
    cause = document.diagnosis.cause
    fixes = cause.finding.fixes if cause and cause.finding else ()
    if not fixes:
        return Advice()
    google = open_connection(context, request).within(_SECONDS)
    own: list[Applicable] = []
    message: tuple[str, ...] = ()
    for change in fixes:
        if not isinstance(change, get_args(Applicable)):
            continue
        edit = edit_of(change)
        if may_write(google, edit.resource, edit.permission):
            own.append(change)
        elif not message and not change.widens:
            lines = request_to_administrator(change, edit.permission, edit.resource)
            message = tuple(line for line in lines if is_clean(line))
    safe = [one for one in own if not one.widens]
    chosen = (safe or own)[:1]
    return Advice(
        fix=words.sentence(chosen[0]) if chosen else "",
        widens=bool(own) and not safe,
        message=() if safe else message,
    )
