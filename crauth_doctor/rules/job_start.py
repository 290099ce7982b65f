"""A Cloud Run job is started through the Admin API, not called: other permissions, other tokens.

Source: https://docs.cloud.google.com/run/docs/execute/jobs#override-job-configuration
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from ..deferred import dataclass
from ..iam.roles import RUN_JOB, RUN_WITH_OVERRIDES, documented, holds
from ..model.evidence import LogEntry, LogKind
from ..model.exported import Export, ExportKind
from ..model.iam import Policy
from ..model.run import host_of


@dataclass(frozen=True)
class JobStart:
    """A start of a job that was refused."""

    job: str
    account: str | None  # e-mail of the account that starts it, where it is known
    with_body: bool  # whether the request has a body, which holds overrides
    policy: Policy | None  # the job's own allow policy, where it was shown

    def roles(self) -> frozenset[str]:
        """Return the roles that the account holds on the job, as far as its policy shows."""
        if self.policy is None or self.account is None:
            return frozenset()
        member = f"serviceAccount:{self.account}".lower()
        return frozenset(b.role for b in self.policy.bindings if member in {m.lower() for m in b.members})

    def holds_nothing(self) -> bool:
        """Return whether the job's own policy is shown, and gives the account no role at all."""
        return self.policy is not None and self.account is not None and not self.roles() and not self._is_wider()

    def _is_wider(self) -> bool:
        """Whether the policy has members that may include the account."""
        members = (member for binding in self.policy.bindings for member in binding.members) if self.policy else ()
        return any(not member.startswith(("serviceAccount:", "user:", "deleted:")) for member in members)

    def lacks_overrides(self) -> bool:
        """Return whether its roles on the job let it start the job, and certainly not with overrides."""
        roles = [documented(name, RUN_WITH_OVERRIDES) for name in self.roles()]
        may_start = any(holds(role, RUN_JOB) for role in roles)
        return may_start and all(holds(role, RUN_WITH_OVERRIDES) is False for role in roles)


def is_job_start(url: str) -> bool:
    """Tell whether a URL starts a job through the Admin API."""
    host = host_of(url)
    path = urlsplit(url).path
    return (host == "run.googleapis.com" or host.endswith("-run.googleapis.com")) and path.endswith(":run")


def _job_of(url: str) -> str:
    return urlsplit(url).path.removesuffix(":run").rsplit("/", 1)[-1]


_COMPUTED = "-"
"""The name of a job that source text computes."""


def refused_start(exports: Sequence[Export], logs: Sequence[LogEntry]) -> JobStart | None:
    """Return the start of a job that was refused with PERMISSION_DENIED; None when there is none."""
    sender = next((e for e in exports if e.target and e.auth and is_job_start(e.target)), None)
    starts = [
        e for e in logs if e.url and (is_job_start(e.url) or (e.kind is LogKind.SCHEDULER and e.url.endswith(":run")))
    ]
    refused = any(e.status == 403 or e.code in {"PERMISSION_DENIED", "7"} for e in starts)
    refused = refused or (sender is not None and sender.fields.get("code") == "7")
    if sender is None or sender.target is None or not refused:
        return None
    called, *others = dict.fromkeys(_job_of(url) for url in (sender.target, *(e.url or "" for e in starts)))
    own = [e.policy for e in exports if e.kind is ExportKind.POLICY and (e.name or "").endswith(f"/jobs/{called}")]
    policy = own[0] if own and (called != _COMPUTED or len(own) == 1) else None
    job = others[0] if called == _COMPUTED and len(others) == 1 else called
    account = sender.auth.account if sender.auth else None
    return JobStart(job, account, sender.fields.get("body") == "yes", policy)
