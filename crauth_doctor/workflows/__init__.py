"""The use cases, one module each: a typed request goes in, a typed result comes out.

Nothing here prints, prompts or exits. What a run needs of its surroundings it is handed as a `Context`; whom to tell,
and whom to ask before something is changed, as a `Consent`. What cannot be done is a `WorkflowError`.
"""

from __future__ import annotations


class WorkflowError(Exception):
    """What was asked could not be done.

    The message says what happened, and what to do next; the status is of `report.status.ExitStatus`.
    """

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


class MisuseError(WorkflowError):
    """The request itself is wrong: it names nothing, too much, or what cannot be.

    `option` is the command line's option that said it; empty where no single one did.
    """

    def __init__(self, message: str, option: str = "") -> None:
        super().__init__(message, 2)
        self.option = option
