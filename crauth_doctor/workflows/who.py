"""Who may call a service, from where they have the right, and who only seems to."""

from __future__ import annotations

from ..collect.readings import Access, read_access
from ..deferred import dataclass
from ..iam.conditions import RequestAttributes
from ..iam.deny import concerns
from ..iam.holders import holders
from ..model.answer import No
from ..model.fact import Known, Obstacle, Unknown
from ..model.holder import Holders
from ..model.run import Service, host_of
from ..rules.common import openness
from .context import CallRequest, Context
from .diagnose import door_of, existing, question_of, reading


@dataclass(frozen=True)
class WhoReport:
    """Who may call."""

    holders: Holders  # them, and what could not be read
    sandbox: bool  # whether it is of a pretend cloud


def who(context: Context, request: CallRequest) -> WhoReport:
    """List who may call a service; with a path, conditions are judged for it. Nothing is changed.

    Raises:
        WorkflowError: there is no such service, it could not be read, or there is no way to Google.
    """
    google = door_of(context, request)
    question = question_of(context, request)
    with reading(context) as tell:
        access = read_access(question, google, tell)
    return WhoReport(holders_in(access, existing(access.service), request.path), google.sandbox is not None)


def holders_in(access: Access, service: Service, path: str | None) -> Holders:
    """Return who may invoke a service that was read; with a path, conditions are judged for it."""
    rules = [rule for fact in access.denials if isinstance(fact, Known) for rule in fact.value]
    request = RequestAttributes(path, host_of(service.url), access.now)
    return Holders(
        service=service.full_name,
        url=service.url,
        is_open=openness(service, access.policies, request),
        ingress=access.ingress.value if isinstance(access.ingress, Known) else "",
        holders=holders(access.policies, rules, request),
        denials=tuple(rule for rule in rules if not isinstance(concerns(rule), No)),
        unread=_unread(access),
        behind_iap=service.iap_enabled,
        elsewhere=service.elsewhere,
    )


def _unread(access: Access) -> tuple[Unknown, ...]:
    """Return what could not be read, and could let somebody in or keep somebody out."""
    policies = access.policies
    facts = [*(at.policy for at in policies.chain), policies.above, *policies.roles.values(), *access.denials]
    unread = (fact for fact in (*facts, policies.tags) if isinstance(fact, Unknown))
    return tuple(dict.fromkeys(fact for fact in unread if fact.obstacle is not Obstacle.NOT_ASKED))
