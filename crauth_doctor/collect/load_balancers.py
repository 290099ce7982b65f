"""The load balancer before the service, where a host is called that is none of Cloud Run's own."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ..gcp.products import load_balancers, run
from ..google_json.json_access import Json
from ..google_json.load_balancers import LoadBalancing, load_balancer
from ..model.fact import Absent, Fact, Known, Source, Unknown, value_of
from ..model.http import Call
from ..model.load_balancer import LoadBalancer, SecurityPolicy
from ..model.run import Service
from .executor import Inputs
from .parallel import Future, joined, settled
from .request_target import calls_domain

NOT_NEEDED: Final = Absent(Source("compute.urlMaps.list", "not needed: the call goes to a URL of Cloud Run's own"))


def start(at: Inputs, service: Service | None, call: Fact[Call]) -> Future[Fact[LoadBalancer]]:
    """List the load balancers of the service's project, and follow the call through the one that names its host."""
    if service is None or not isinstance(call, Known) or not calls_domain(call):
        return settled(NOT_NEEDED)
    project = service.project
    proxies = "targetHttpProxies" if call.value.scheme == "http" else "targetHttpsProxies"
    reading = [_start_list(at, project, kind) for kind in (*load_balancers.KINDS, proxies)]
    now = value_of(at.google.now())

    def follow(read: list[Fact[tuple[Json, ...]]]) -> Fact[LoadBalancer]:
        maps, backends, groups, rules, certificates, proxies = read
        if not (isinstance(maps, Known) and isinstance(backends, Known) and isinstance(groups, Known)):
            return next((one for one in (maps, backends, groups) if not isinstance(one, Known)), NOT_NEEDED)
        parts = (maps.value, backends.value, groups.value)
        listed = LoadBalancing(maps.source, *parts, rules, proxies, certificates, now)
        found = load_balancer(listed, call.value)
        # of a list that leaves something out, that nothing in it names the host tells nothing
        partial = load_balancers.left_out(at.google, project, "urlMaps") if isinstance(found, Absent) else None
        return partial or found

    return joined(reading, follow)


def start_rest(at: Inputs, found: Fact[LoadBalancer], service: Service | None) -> Future[Fact[LoadBalancer]]:
    """Read what the load balancer's backend names: its Cloud Armor policy, and a service that is not the callee."""
    if not isinstance(found, Known):
        return settled(found)
    known, policy, other = found.value, found.value.security, found.value.service
    security: Future[Fact[SecurityPolicy]] = settled(policy)
    exists: Future[Fact[bool]] = settled(known.exists)
    if isinstance(policy, Unknown):
        name = policy.source.target.removeprefix("//compute.googleapis.com/")
        reader = lambda: load_balancers.security_policy(at.google, name)  # noqa: E731
        security = at.pool.read("the load balancer's security policy", policy.source, reader)
    if other is not None and (service is None or other != service.name):
        exists = at.pool.read(
            "the service behind it", Source(run.GET, run.full_name(other)), lambda: _is_there(at, other)
        )
    return Future(
        lambda: Known(replace(known, security=security.get(), exists=exists.get()), found.source),
        (*security.parts, *exists.parts),
    )


def _is_there(at: Inputs, name: str) -> Fact[bool]:
    found = run.service(at.google, name)
    return found if isinstance(found, Unknown) else Known(isinstance(found, Known), found.source)


def _start_list(at: Inputs, project: str, kind: str) -> Future[Fact[tuple[Json, ...]]]:
    source = load_balancers.source_of(project, kind)
    return at.pool.read("load balancers", source, lambda: load_balancers.every(at.google, project, kind))
