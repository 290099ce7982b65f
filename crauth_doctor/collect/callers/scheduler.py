"""A Cloud Scheduler job: it calls its target with a token that Scheduler's agent mints.

Documentation: https://docs.cloud.google.com/scheduler/docs/http-target-auth
"""

from __future__ import annotations

from typing import Final

from ...gcp.senders import JOBS
from ...model.caller import CallerKind
from .kind import LookupContext, ResolvedCaller
from .lookup import look
from .senders import Sender

SENDER: Final = Sender(CallerKind.SCHEDULER, "Cloud Scheduler", JOBS.what, JOBS.host, "gcp-sa-cloudscheduler")


def resolve(asked: str, name: str, context: LookupContext) -> ResolvedCaller:
    """Resolve a job.

    Raises:
        UnanswerableError: several jobs of the project have this name.
    """
    looked = look(context, JOBS, asked, name)
    return SENDER.resolved(asked, looked, looked.value)
