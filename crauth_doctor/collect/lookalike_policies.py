"""Policies of other resources, where the caller's role may stand by mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from ..gcp import rest
from ..gcp.methods import FUNCTION_POLICY
from ..gcp.products import accounts, run
from ..google_json.policies import answered_policy
from ..model.fact import Absent, Fact, Known, Source, Unknown
from ..model.iam import EVERYBODY, ElsewherePolicy, Policy, Principal
from ..model.run import Service
from .executor import Inputs
from .parallel import Future, joined
from .policies import mentions

NOT_NEEDED: Final = Absent(Source(run.GET_POLICY, "not needed: the caller has its role, or can have none"))

_MOST: Final = 12
"""Other services whose policies are read: those of the same name first, then those of the same region."""


def start(
    at: Inputs, service: Service, principal: Principal, listed: Fact[run.Listed], calling: Service | None
) -> Future[Fact[tuple[ElsewherePolicy, ...]]]:
    """Read the policies of services and of other resources that could be taken for the service.

    Whoever calls is easily let in at `calling` instead, the caller's own service, where it is one.
    """
    google, email = at.google, principal.email
    others = {other.full_name: (other, _what(service, other)) for other in _others(service, listed)}
    if calling is not None and "/services/" in calling.full_name and calling.full_name != service.full_name:
        others[calling.full_name] = calling, f"the caller's own service {calling.id}"
    reading = [
        _start(at, full_name, what, partial(run.service_policy, google, other.name))
        for full_name, (other, what) in others.items()
    ]
    reading += _start_functions(at, service)
    if principal.is_service_account and email is not None:
        full_name = accounts.full_name(email)
        reading.append(_start(at, full_name, "the account", lambda: accounts.account_policy(google, email)))
    return joined(reading, lambda read: _together(principal, read, listed))


def start_for_everybody(at: Inputs, service: Service) -> Future[Fact[tuple[ElsewherePolicy, ...]]]:
    """Read the policy of the function that the service is made of, where everybody may have been let in by mistake."""
    return joined(_start_functions(at, service), lambda read: _together(Principal(EVERYBODY[0]), read, NOT_NEEDED))


def _start_functions(at: Inputs, service: Service) -> list[Future[tuple[str, str, Fact[Policy]]]]:
    if service.function is None:
        return []
    name = f"projects/{service.project}/locations/{service.region}/functions/{service.function}"
    resource = f"//cloudfunctions.googleapis.com/{name}"
    reader = partial(rest.get, at.google, FUNCTION_POLICY, resource, answered_policy, name=name)
    return [_start(at, resource, "the function", reader)]


def _start(
    at: Inputs, resource: str, what: str, reader: Callable[[], Fact[Policy]]
) -> Future[tuple[str, str, Fact[Policy]]]:
    reading = at.pool.read(f"the policy of {what}", Source("getIamPolicy", resource), reader)
    return joined([reading], lambda read: (resource, what, read[0]))


def _together(
    principal: Principal, read: Iterable[tuple[str, str, Fact[Policy]]], listed: Fact[run.Listed]
) -> Fact[tuple[ElsewherePolicy, ...]]:
    """Return the policies that name the caller. Where none does and some could not be read, nothing is known."""
    found: list[ElsewherePolicy] = []
    unread: Unknown | None = None
    for resource, what, fact in read:
        if isinstance(fact, Known) and mentions(fact.value, principal):
            found.append(ElsewherePolicy(resource, what, fact.value))
        elif isinstance(fact, Unknown):
            unread = unread or fact
    if isinstance(listed, Unknown):
        unread = unread or listed
    elif isinstance(listed, Known) and listed.value.unreachable:
        unread = unread or rest.incomplete(listed.source, listed.value.unreachable)
    if unread is not None and not found:
        return unread
    return Known(tuple(found), Source(run.GET_POLICY, "resources that could be taken for the service"))


def _others(service: Service, listed: Fact[run.Listed] | None) -> list[Service]:
    services = [one.service for one in listed.value.services] if isinstance(listed, Known) else []
    others = [one for one in services if (one.region, one.id) != (service.region, service.id)]
    return sorted(others, key=lambda one: (one.id != service.id, one.region != service.region, one.name))[:_MOST]


def _what(service: Service, other: Service) -> str:
    if other.id == service.id:
        return f"the service of the same name in {other.region}"
    return f"the service {other.id} in {other.region}"
