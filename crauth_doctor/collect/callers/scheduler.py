"""A Cloud Scheduler job: it calls its target with a token that Scheduler's agent mints.

Documentation: https://docs.cloud.google.com/scheduler/docs/http-target-auth
"""

from __future__ import annotations

from typing import Final

from ...gcp.senders import JOBS
from ...model.caller import CallerKind
from .caller import Met, Scene
from .lookup import look
from .sender import Sender

SENDER: Final = Sender(CallerKind.SCHEDULER, "Cloud Scheduler", JOBS.what, JOBS.host, "gcp-sa-cloudscheduler")


def meet(asked: str, name: str, scene: Scene) -> Met:
    """Meet a job.

    Raises:
        UnanswerableError: several jobs of the project have this name.
    """
    looked = look(scene, JOBS, asked, name)
    return SENDER.met(asked, looked, looked.value)
