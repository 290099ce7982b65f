"""Workload identity federation, as GitHub Actions use it: a foreign token, and the service account it may impersonate.

The foreign token is exchanged for an access token of a federated identity, which Cloud Run does not take. So there is a
second hop: with it, `generateIdToken` mints an ID token of an account whose policy lets the identity, `principal://…`,
or a set that it is in, `principalSet://…`, impersonate it. That account is whom the call is made as.
Documentation: https://docs.cloud.google.com/iam/docs/workload-identity-federation,
https://docs.cloud.google.com/iam/docs/principal-identifiers
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Final

from ...deferred import dataclass, regex
from ...gcp import methods
from ...gcp.products import accounts, projects, workloads
from ...google_json.workloads import Provider
from ...model.caller import Caller, CallerKind, Federation, Origin, Place
from ...model.fact import Absent, Fact, Known, Obstacle, Source, Unknown
from ...model.iam import Policy, Principal
from ..unanswerable import UnanswerableError
from .kind import GIVEN, LookupContext, ResolvedCaller, given
from .lookup import Looked, missing, read_each, start, start_project
from .runtime_identity import unread

_ROLES: Final = frozenset(
    {
        "roles/iam.workloadIdentityUser",
        "roles/iam.serviceAccountTokenCreator",
        "roles/iam.serviceAccountOpenIdTokenCreator",
    }
)
"""Those that hold `iam.serviceAccounts.getOpenIdToken` and are given to federated identities."""

_MOST: Final = 25
"""Accounts whose policies are read."""

_GITHUB: Final = "https://token.actions.githubusercontent.com"
_SUBJECT: Final = "google.subject"
_IS_ATTRIBUTE: Final = regex(r"(?:attribute\.)?([a-z0-9_]+)=(.+)")
_ONE_VALUE: Final = regex(r"\s*(?:assertion\.(\w+)|((?:attribute|google)\.\w+))\s*==\s*(['\"])([^'\"]*)\3\s*")


@dataclass(frozen=True)
class _Identity:
    """What is known of who asks: attributes by Google's names, and claims of the token by the issuer's."""

    attributes: Mapping[str, str]
    claims: Mapping[str, str]


@dataclass(frozen=True)
class _Link:
    """A member of the pool on an account's policy: whether it is who asks (None: cannot tell), and why not."""

    email: str
    fits: bool | None
    why: str
    source: Source


def resolve(asked: str, name: str, context: LookupContext) -> ResolvedCaller:
    """Resolve an identity by `POOL/PROVIDER`, and after another slash its subject, or `ATTRIBUTE=VALUE`.

    Raises:
        UnanswerableError: no pool and provider are named.
    """
    parts = name.removeprefix(f"//{methods.PROVIDER.host}/").split("/")
    full = parts[0] == "projects"
    project, pool, provider, who = _parted(parts) if full else (context.project, parts[0], *_two(parts[1:]))
    if not pool or not provider:
        raise UnanswerableError(
            f"{asked!r} does not name an identity: pass federation/POOL/PROVIDER[/SUBJECT].", ("me",)
        )
    relative = f"projects/{project}/locations/global/workloadIdentityPools/{pool}/providers/{provider}"
    reading = start_project(context, project)
    listing = start(context, "service accounts", lambda: workloads.accounts_of(context.google, context.project))
    found = workloads.provider(context.google, relative)
    looked = Looked(relative, found, reading.get())
    caller = Caller(asked, CallerKind.FEDERATION, looked.full_name(methods.PROVIDER.host))
    origin = Known(Origin(Place.INTERNET), GIVEN)
    if not isinstance(found, Known):
        unknown = missing(looked, "provider")
        return ResolvedCaller(given(caller), unknown, origin, federation=unknown)
    if not isinstance(looked.project, Known):
        unknown = unread(looked.project)
        return ResolvedCaller(given(caller), unknown, origin, federation=unknown)
    at = looked.project.value
    prefix = f"//{methods.PROVIDER.host}/projects/{at.number}/locations/global/workloadIdentityPools/{pool}/"
    own = _own(prefix, who, found.source)
    identity = _identity(found.value, who)
    refused = _refused(found.value, identity)
    if refused:
        known = Known(Federation((refused,), refuses=True), found.source)
        return ResolvedCaller(given(caller), own, origin, federation=known)
    listed = [(context.project, listing.get())]
    if context.project not in (at.id, at.number):
        listed.append((at.id, workloads.accounts_of(context.google, at.id)))
    principal, misfit, trusting = _Search(context, prefix, found.value, identity).account(listed, own)
    assuming = f"the account that it impersonates belongs to {' or '.join(name for name, _ in listed)}"
    known = Known(Federation(misfit, assuming, trusting), found.source)
    if isinstance(principal, Known) and principal.value.is_service_account:
        caller = Caller(caller.asked, caller.kind, caller.resource, principal.value.email)
    return ResolvedCaller(given(caller), principal, origin, federation=known)


class _Search:
    """The search for the account that an identity may impersonate."""

    def __init__(self, context: LookupContext, prefix: str, provider: Provider, identity: _Identity) -> None:
        self._context = context
        self._prefix = prefix
        self._provider = provider
        self._identity = identity

    def account(
        self, listed: list[tuple[str, Fact[tuple[str, ...]]]], own: Fact[Principal]
    ) -> tuple[Fact[Principal], tuple[str, ...], str | None]:
        """Find it: whom the call is made as, what keeps it from being an account, and the one that trusts others."""
        emails = [email for _, fact in listed if isinstance(fact, Known) for email in fact.value]
        policy_of = partial(accounts.account_policy, self._context.google)
        read = read_each(self._context, emails[:_MOST], policy_of)
        links = [link for email, fact in read if isinstance(fact, Known) for link in self._links(email, fact)]
        sure = {link.email: link for link in links if link.fits}
        if len(sure) == 1:
            email, link = sure.popitem()
            return Known(Principal(f"serviceAccount:{email}"), link.source), (), None
        if sure:
            detail = f"it may impersonate several accounts: pass --caller with one of {', '.join(sure)}"
            return Unknown(next(iter(sure.values())).source, Obstacle.NOT_TOLD, detail), (), None
        doubt = self._doubt(listed, read, links)
        if doubt is not None:
            return doubt, (), None
        if len(emails) > _MOST:
            detail = f"of {len(emails)} accounts, the policies of {_MOST} were read: pass --caller E-MAIL"
            return Unknown(listed[0][1].source, Obstacle.NOT_TOLD, detail), (), None
        misfit = tuple(dict.fromkeys(link.why for link in links))
        if not misfit and isinstance(own, Absent):
            misfit = (f"no account that was read lets an identity of {self._prefix.split('/')[-2]} impersonate it",)
        trusting = {link.email for link in links}
        return own, misfit, trusting.pop() if len(trusting) == 1 else None

    def _doubt(
        self,
        listed: list[tuple[str, Fact[tuple[str, ...]]]],
        read: list[tuple[str, Fact[Policy]]],
        links: list[_Link],
    ) -> Unknown | None:
        """What keeps one from saying that there is no account: doubtful members, unread policies, roles on projects."""
        doubtful = next((link for link in links if link.fits is None), None)
        if doubtful is not None:
            return Unknown(doubtful.source, Obstacle.NOT_TOLD, doubtful.why)
        above = [(name, projects.policy_at(self._context.google, f"projects/{name}")) for name, _ in listed]
        facts: list[Fact[object]] = [fact for _, fact in (*listed, *read, *above)]
        for fact in facts:
            if isinstance(fact, Unknown):
                return fact
        for name, _ in listed:
            some = workloads.accounts_left_out(self._context.google, name)
            if some is not None:
                return some
        for name, policy in above:
            if isinstance(policy, Known) and any(link.fits is not False for link in self._links(name, policy)):
                detail = f"it may impersonate every account of the project {name}: pass --caller with the one it uses"
                return Unknown(policy.source, Obstacle.NOT_TOLD, detail)
        return None

    def _links(self, email: str, policy: Known[Policy]) -> list[_Link]:
        found = []
        for binding in policy.value.bindings:
            for member in sorted(binding.members) if binding.role in _ROLES else ():
                tail = member.partition(":")[2].removeprefix(self._prefix)
                if not member.startswith("principal") or tail == member.partition(":")[2]:
                    continue
                fits, why = self._fits(tail, f"{binding.role} on {email} is given to {member}")
                if fits and binding.condition is not None:
                    fits, why = None, f"{binding.role} on {email} has a condition: {binding.condition.expression}"
                found.append(_Link(email, fits, why, policy.source))
        return found

    def _fits(self, tail: str, is_given: str) -> tuple[bool | None, str]:
        if tail == "*":
            return True, ""
        name, _, value = tail.partition("/")
        name = {"subject": _SUBJECT, "group": "google.groups"}.get(name, name)
        mapping, known = self._provider.mapping, self._identity.attributes
        if mapping and name not in mapping:
            return False, f"{is_given}, and the provider does not map {name}"
        if not known:
            return True, ""
        if name not in known:
            return None, f"{is_given}, and {name} of this identity is not known"
        return known[name] == value, f"{is_given}, and {name} of this identity is {known[name]}"


def _parted(parts: list[str]) -> tuple[str, str, str, str]:
    """Project, pool, provider and identity of a provider's full name."""
    if len(parts) < 8 or parts[4] != "workloadIdentityPools" or parts[6] != "providers":
        return parts[1] if len(parts) > 1 else "", "", "", ""
    return parts[1], parts[5], parts[7], "/".join(parts[8:])


def _two(parts: list[str]) -> tuple[str, str]:
    return (parts[0], "/".join(parts[1:])) if parts else ("", "")


def _attribute(who: str) -> tuple[str, str]:
    """Google's name and the value of what the user's words tell of an identity: a subject, or `ATTRIBUTE=VALUE`."""
    named = _IS_ATTRIBUTE.fullmatch(who)
    return (f"attribute.{named[1]}", named[2]) if named else (_SUBJECT, who)


def _own(prefix: str, who: str, source: Source) -> Fact[Principal]:
    """The federated identity itself, which is no account."""
    if not who:
        return Absent(Source(source.read, f"{source.target}: no service account that its identities may impersonate"))
    name, value = _attribute(who)
    if name == _SUBJECT:
        return Known(Principal(f"principal:{prefix}subject/{value}"), GIVEN)
    return Known(Principal(f"principalSet:{prefix}{name}/{value}"), GIVEN)


def _identity(provider: Provider, who: str) -> _Identity:
    """What the words tell, and what follows from GitHub's subjects: `repo:OWNER/NAME:…`.

    Documentation: https://docs.github.com/en/actions/reference/security/oidc
    """
    if not who:
        return _Identity({}, {})
    name, value = _attribute(who)
    claim = provider.mapping.get(name, "").removeprefix("assertion.")
    claims = {claim: value} if re.fullmatch(r"\w+", claim) else {}
    is_github = provider.issuer.rstrip("/") == _GITHUB
    subject = re.match(r"repo:([^:@/]+/[^:@/]+):", claims.get("sub", ""))
    if is_github and subject:
        claims["repository"] = subject[1]
    if is_github and "repository" in claims:
        claims["repository_owner"] = claims["repository"].partition("/")[0]
    mapped = {
        key: claims[what[10:]]
        for key, what in provider.mapping.items()
        if what.startswith("assertion.") and what[10:] in claims
    }
    return _Identity(mapped | {name: value}, claims)


def _refused(provider: Provider, identity: _Identity) -> str:
    """Why the provider takes no token of this identity; empty where nothing is seen that is against it."""
    if provider.disabled:
        return "the provider is disabled or deleted"
    wanted = _ONE_VALUE.fullmatch(provider.condition)
    if wanted is None:
        return ""
    claim, attribute, _, value = wanted.groups()
    has = identity.claims.get(claim) if claim else identity.attributes.get(attribute)
    if has is None or has == value:
        return ""
    name = claim or attribute
    return f"the provider's condition is {provider.condition.strip()}, and {name} of this identity is {has}"
