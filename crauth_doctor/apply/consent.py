"""What a change opens beyond what was named, and what was agreed to. Pure.

A change widens where it opens more than one member's calls to one service. That is computed from the document before
and the document after, never from what the change says of itself; a difference that this table does not know widens.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from ..deferred import dataclass
from ..google_json.services import INGRESS
from ..iam.members import same_member
from ..model.iam import INVOKER, SERVICES_INVOKER
from ..model.run import Ingress
from .policy_json import Json, at, vpc_networks

_INVOKERS: Final = (INVOKER, SERVICES_INVOKER)
_INGRESS: Final = tuple(INGRESS[one] for one in (Ingress.NONE, Ingress.INTERNAL, Ingress.INTERNAL_AND_LB, Ingress.ALL))
"""From the narrowest to the widest.

Source: https://docs.cloud.google.com/run/docs/securing/ingress#settings
"""


@dataclass(frozen=True)
class Named:
    """What the person named, so that a change may open it."""

    member: str | None = None  # who is to call, as IAM writes it; None where nobody was named
    service: str | None = None  # what is to be called, as a full resource name; None where none was named


NOTHING: Final = Named()
"""`undo` names a receipt, and neither a member nor a service."""


@dataclass(frozen=True)
class RoleMove:
    """A member gets a role, or loses it."""

    resource: str
    role: str
    condition: str
    member: str
    given: bool


@dataclass(frozen=True)
class FieldMove:
    """A setting is changed; `old` and `new` are JSON, or None where it is not set. Of a list, each entry is one."""

    resource: str
    path: str
    old: str | None
    new: str | None


Move: TypeAlias = RoleMove | FieldMove


class OpeningKind(StrEnum):
    """What is opened."""

    OTHER_MEMBER = "other-member"
    OTHER_RESOURCE = "other-resource"
    OTHER_ROLE = "other-role"
    IDENTITY = "identity"
    INGRESS = "ingress"
    INVOKER_CHECK = "invoker-check"
    DEFAULT_URL = "default-url"
    AUDIENCE = "audience"
    NETWORK = "network"
    ACCOUNT = "account"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Opening:
    """One thing that a change opens beyond what was named."""

    what: OpeningKind
    move: Move


@dataclass(frozen=True)
class PlanConsent:
    """PlanConsent to one plan, as it was shown. Made by `Plan.agreed` only."""

    moves: frozenset[Move]  # what was shown to change
    openings: frozenset[Opening] = frozenset()  # what was agreed to open beyond what was named; none of it by `--yes`


def policy_moves(resource: str, before: Json, after: Json) -> tuple[Move, ...]:
    """Return who gets or loses which role."""
    old, new = _members(before), _members(after)
    taken = [RoleMove(resource, *one, given=False) for one in old if one not in new]
    return (*taken, *(RoleMove(resource, *one, given=True) for one in new if one not in old))


def field_moves(resource: str, before: Json, after: Json, paths: Iterable[str]) -> tuple[Move, ...]:
    """Return which settings are changed."""
    return tuple(move for path in paths for move in _field(resource, path, at(before, path), at(after, path)))


def openings(
    named: Named, moves: Iterable[Move], before: Json, after: Json, hosts: Collection[str] = ()
) -> tuple[Opening, ...]:
    """Return what a change opens beyond what was named."""
    found = []
    for move in moves:
        match move:
            case RoleMove():
                what = _by_role(named, move)
            case FieldMove():
                what = _by_field(named, move, before, after, hosts)
        if what is not None:
            found.append(Opening(what, move))
    return tuple(found)


def _by_role(named: Named, move: RoleMove) -> OpeningKind | None:
    if not move.given:
        return None
    if named.service is None or move.resource != named.service:
        return OpeningKind.OTHER_RESOURCE
    if named.member is None or not same_member(named.member, move.member):
        return OpeningKind.OTHER_MEMBER
    return None if move.role in _INVOKERS else OpeningKind.OTHER_ROLE


def _by_field(named: Named, move: FieldMove, before: Json, after: Json, hosts: Collection[str]) -> OpeningKind | None:
    old, new = at(before, move.path), at(after, move.path)
    match move.path.rpartition(".")[2]:
        case "ingress":
            return OpeningKind.INGRESS if _width(new, unknown=len(_INGRESS)) > _width(old, unknown=-1) else None
        case "invokerIamDisabled":
            return OpeningKind.INVOKER_CHECK if new else None
        case "defaultUriDisabled":
            return None if new else OpeningKind.DEFAULT_URL
        case "customAudiences":
            return OpeningKind.AUDIENCE if move.new is not None and move.resource != named.service else None
        case "serviceAccount":
            return OpeningKind.IDENTITY
        case "vpcAccess":
            return _by_network(named, move, old, new, after)
        case "disabled":
            return None if new else OpeningKind.ACCOUNT
        case "privateIpGoogleAccess":
            return None  # it lets machines reach Google's APIs, and nobody reach anything of the user's
        case "audience":
            return None if _goes_where_it_is_for(move, new, after, hosts) else OpeningKind.AUDIENCE
        case _:
            return OpeningKind.UNKNOWN


def _by_network(named: Named, move: FieldMove, old: Any, new: Any, after: Json) -> OpeningKind | None:
    """A workload that joins a network reaches what is in it; the caller that was named may."""
    if vpc_networks(new) <= vpc_networks(old):
        return None
    account = at(after, f"{move.path.rpartition('.')[0]}.serviceAccount")
    is_named = named.member is not None and same_member(f"serviceAccount:{account}", named.member)
    return None if is_named else OpeningKind.NETWORK


def _goes_where_it_is_for(move: FieldMove, audience: Any, after: Json, hosts: Collection[str]) -> bool:
    """Whether a sender's tokens are for whom they are sent to: what gets another's token could use it there."""
    if audience is None or audience in hosts:
        return True  # left out, it is the URL that is called
    part = move.path.partition(".")[0]
    target = at(after, f"{part}.uri") or at(after, f"{part}.pushEndpoint")
    return bool(_origin(audience)) and _origin(audience) == _origin(target)


def _origin(url: Any) -> str:
    try:
        parts = urlsplit(str(url))
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.scheme == "https" and parts.netloc else ""


def _width(ingress: Any, *, unknown: int) -> int:
    """How wide an ingress is; what is not set is wide open, and what is not known is taken for the worse."""
    if ingress is None:
        return len(_INGRESS) - 1
    return _INGRESS.index(ingress) if ingress in _INGRESS else unknown


def _members(policy: Json) -> list[tuple[str, str, str]]:
    found: dict[tuple[str, str, str], None] = {}
    for binding in policy.get("bindings", ()):
        condition: Mapping[str, Any] = binding.get("condition") or {}
        for member in binding.get("members", ()):
            found[str(binding.get("role", "")), str(condition.get("expression", "")), str(member)] = None
    return list(found)


def _field(resource: str, path: str, old: Any, new: Any) -> Iterable[Move]:
    if old == new:
        return ()
    if isinstance(old or [], list) and isinstance(new or [], list) and (old or new):
        was, will = [_json(one) for one in old or ()], [_json(one) for one in new or ()]
        gone = [FieldMove(resource, path, one, None) for one in was if one not in will]
        return (*gone, *(FieldMove(resource, path, None, one) for one in will if one not in was))
    return (FieldMove(resource, path, _json(old), _json(new)),)


def _json(value: Any) -> str | None:
    import json

    return None if value is None else json.dumps(value, sort_keys=True)
