"""A document as what answers reads: Google's JSON, saved or pasted. What is not in it is unknown, not absent."""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from dataclasses import replace
from threading import Lock
from typing import Final, TypeVar
from urllib.parse import quote

from ...gcp import methods
from ...gcp.deadline import Deadline
from ...gcp.door import JUNK, MINT, Asked, Minted, UnansweredError
from ...google_json import json_access as look
from ...google_json.json_access import Json
from ...model.document import POLICY_OF, TROUBLESHOOTER, Document, ResourceJson
from ...model.fact import WANTED, Absent, Fact, Known, Obstacle, Source, Unknown
from ...model.http import Response
from ...model.iam import Principal
from ...model.secret import Secret
from ...model.token import Token, TokenKind
from . import log_filter
from .names import ANY, EVERY, LOGS, PROJECTS, Aliases, collections_of, same

T = TypeVar("T")

_DETAIL: Final = "not in the document"
_PART: Final = "only a part of it is shown"
_ETAG: Final = "-"
"""In the place of the etag of a policy that was pasted without one: nothing is ever written with it."""

_SOME: Final = "//run.googleapis.com/projects/-/locations/-/services/-"
"""Whose a policy is that names no service."""

_ANNOTATION: Final = "run.googleapis.com/ingress"


class DocumentDoor:
    """A document that reads are asked of. Nothing is sent anywhere.

    Args:
        document: what is known.
        seconds: the time for everything; reading takes none of it.
        saved: whether a run of this tool wrote it: what was read then, and is not in it, hides something. Of what was
            pasted nobody knows whether anything else was looked at.
        callee: short name of the service that a policy is taken to be of which names none.
    """

    sandbox: str | None = None
    impersonated: str | None = None

    def __init__(self, document: Document, seconds: float = 20.0, *, saved: bool = False, callee: str = "") -> None:
        self.document = document
        self._callee = callee
        self._saved = saved
        self._hole = Obstacle.NOT_IN_DOCUMENT
        self.deadline = Deadline(seconds)
        self._names = Aliases(document.resources)
        self._lock = Lock()
        self._failed: dict[Unknown, None] = {}
        canonical = self._names.canonical
        self._resources = {canonical(name): one for name, one in document.resources.items()}
        self._iam = {canonical(name): one for name, one in document.iam.items()}
        self._deny = {canonical(name): one for name, one in document.deny.items()}
        self._limits = {canonical(name): one for name, one in document.org_policies.items()}
        self._absent = frozenset(map(canonical, document.absent))
        self._partial = frozenset(map(canonical, document.partial))
        self._wanted = frozenset(map(canonical, document.wanted))

    def answer(self, asked: Asked) -> Json:
        """Return what stands in the document.

        Raises:
            UnansweredError: it is not in it, or stands in it as absent or as what could not be read.
        """
        asked = replace(asked, target=self._names.canonical(asked.target))
        found = self._found(asked)
        if found is not None:
            return found
        raise UnansweredError(self._why_not(asked.row.read, asked.target))

    def source(self, read: str, target: str) -> Source:
        """Return where an answer comes from: of what is only wanted, that nobody says that it is so."""
        name = self._names.canonical(target)
        name = f"{POLICY_OF}{self._named(name)}" if read.endswith("getIamPolicy") else name
        if any(same(name, one) for one in self._wanted):
            return Source(WANTED, target)
        return Source(read if self._saved else "evidence", target)

    def part(self, asked: Asked) -> Json | None:
        """Return what stands in the document of something that is there only in part."""
        name = self._names.canonical(asked.target)
        is_policy = asked.row.read.endswith("getIamPolicy")
        found = _one(self._iam, self._named(name)) if is_policy else _one(self._resources, name)
        mark = POLICY_OF if is_policy else ""
        return found[1] if found is not None and f"{mark}{found[0]}" in self._partial else None

    def who(self) -> Fact[Principal]:
        """Return who ran the tool."""
        member = look.text(self.document.asked, "operator")
        source = Source("document", "operator")
        return Known(Principal(member), source) if member else Unknown(source, self._hole)

    def mint(self, email: str, audience: str) -> Fact[Minted]:
        """Return the claims of the token that was sent."""
        return self._minted(Source(MINT, f"//iam.googleapis.com/projects/-/serviceAccounts/{email}"), audience)

    def mint_as_operator(self, audience: str) -> Fact[Minted]:
        """Return the claims of the token that was sent."""
        return self._minted(Source("credentials", "the operator's"), audience)

    def call(self, url: str, *, secret: Secret | None = None, own: frozenset[str] = frozenset()) -> Fact[Response]:
        """Return what was answered to such a call."""
        del own  # nothing is sent
        kind = "none" if secret is None else "junk" if secret is JUNK else "good"
        source = Source("call", url.partition("?")[0])
        for one in self.document.calls:
            status = look.number(one, "status")
            if (look.text(one, "token") or "none", look.text(one, "url")) == (kind, url) and status is not None:
                headers = {str(name): str(text) for name, text in look.mapping(one, "headers").items()}
                return Known(Response(status, headers, look.text(one, "body") or ""), source)
        why = self._why_not("call", f"{source.target} {kind}")
        return replace(why, source=source) if isinstance(why, Unknown) else Unknown(source, self._hole)

    def within(self, seconds: float) -> DocumentDoor:
        """Return the same with a new deadline, and with no failures yet."""
        other = self.aside()
        other.deadline = Deadline(seconds)
        return other

    def sparing(self) -> DocumentDoor:
        """Return the same."""
        return self

    def aside(self) -> DocumentDoor:
        """Return the same, with failures of its own."""
        other = copy.copy(self)
        other._failed = {}  # noqa: SLF001 - another of this very class
        return other

    def noted(self, fact: Fact[T]) -> Fact[T]:
        """Keep in mind that a read failed; what is merely not in the document is no failure."""
        if isinstance(fact, Unknown) and fact.obstacle is not Obstacle.NOT_ASKED:
            with self._lock:
                self._failed[fact] = None
        return fact

    def excused(self, fact: Unknown) -> None:
        """Forget a failure."""
        with self._lock:
            self._failed.pop(fact, None)

    def failed(self) -> tuple[Unknown, ...]:
        """Return the reads that failed."""
        with self._lock:
            return tuple(sorted(self._failed, key=lambda one: (one.source.read, one.source.target, one.detail)))

    def now(self) -> Known[int]:
        """Return when all this held."""
        if self.document.at is not None:
            return Known(self.document.at, Source("clock", "the document"))
        return Known(int(time.time()), Source("clock", "this machine"))

    def _found(self, asked: Asked) -> Json | None:
        row, name = asked.row, asked.target
        if row.read.endswith("getIamPolicy"):
            found = self._whole(self._iam, self._named(name))
            return None if found is None else {"etag": _ETAG, **found}
        match row:
            case methods.ANCESTRY:
                return self._ancestry(name)
            case methods.EFFECTIVE_POLICY:
                place, _, constraint = name.partition(" ")
                limits = _one(self._limits, place)
                return limits[1].get(constraint) if limits else None
            case methods.DENY_POLICIES | methods.DENY_POLICY:
                return self._denial(asked)
            case methods.TROUBLESHOOT:
                principal = look.text(asked.body, "accessTuple", "principal")
                return self._whole(self._resources, f"{TROUBLESHOOTER}{principal} {name}")
            case methods.RECORDS:
                zone = self._whole(self._resources, name)
                return {"rrsets": zone["rrsets"]} if zone is not None and "rrsets" in zone else None
            case methods.KNATIVE_SERVICE:
                service = self._whole(self._resources, name)
                wanted = look.text(service, "annotations", _ANNOTATION)
                return {"metadata": {"annotations": {_ANNOTATION: wanted}}} if wanted else None
            case methods.PROJECT:
                return self._project(name)
            case _ if row.read == methods.EFFECTIVE_TAGS.read:  # on the host of a region
                service = self._whole(self._resources, name)
                return {row.items: service[row.items]} if service is not None and row.items in service else None
            case _:
                return self._listed(asked) if row.items else self._resource(asked)

    def _named(self, name: str) -> str:
        """Return the name that the policy of something stands under: that of the callee may stand under none."""
        is_callee = name.rsplit("/", 1)[-1] == self._callee and name.startswith("//run.googleapis.com/")
        return _SOME if is_callee and _one(self._iam, name) is None else name

    def _resource(self, asked: Asked) -> Json | None:
        found = self._whole(self._resources, asked.target)
        if found is None:
            return None
        relative = asked.target.removeprefix(f"//{asked.row.host}/")
        if asked.row is methods.ACCOUNT:
            return {"email": relative.rsplit("/", 1)[-1], **found}
        is_short = "/" not in (look.text(found, "name") or "")
        return {**found, "name": relative} if is_short and "metadata" not in found else found

    def _project(self, name: str) -> Json | None:
        found = self._whole(self._resources, name)
        if found is None:
            return None
        project = look.text(found, "projectId") or name.rsplit("/", 1)[-1]
        number = self._names.number(project)
        return None if number is None else {**found, "projectId": project, "name": f"projects/{number}"}

    def _ancestry(self, name: str) -> Json | None:
        found = self._whole(self._resources, name)
        if found is None:
            return None
        ids = [{"type": "project", "id": look.text(found, "projectId") or name.rsplit("/", 1)[-1]}]
        while (parent := _parent(found)) and len(ids) < 12:
            kind, _, number = parent.partition("/")
            ids.append({"type": kind.removesuffix("s"), "id": number})
            if kind == "organizations":
                break
            found = self._whole(self._resources, f"{PROJECTS.removesuffix('projects/')}{parent}")
            if found is None:
                return None
        return {"ancestor": [{"resourceId": one} for one in ids]}

    def _denial(self, asked: Asked) -> Json | None:
        found = _one(self._deny, asked.target)
        if found is None:
            return None
        parent = f"policies/{quote(asked.target.removeprefix('//'), safe='')}/denypolicies"
        named = [{**one, "name": look.text(one, "name") or f"{parent}/{at}"} for at, one in enumerate(found[1])]
        if asked.row is methods.DENY_POLICIES:
            return {"policies": [{"name": one["name"]} for one in named]}
        return next((one for one in named if one["name"] == asked.names["name"]), None)

    def _listed(self, asked: Asked) -> Json | None:
        wheres = collections_of(asked)
        marks = [one for one in self._absent if one.endswith(f"/{EVERY}")]
        whole = all(any(same(f"{where}/{EVERY}", one) for one in marks) for where in wheres)
        if asked.target.startswith(LOGS):
            wanted = look.text(asked.body, "filter") or ""
            entries = sorted(self.document.logs, key=lambda one: look.text(one, "timestamp") or "", reverse=True)
            items: list[Json] = [one for one in entries if log_filter.fits(one, wanted)]
        else:
            inside = {
                name: one
                for name, one in self._resources.items()
                if any(same(name.rpartition("/")[0], where) for where in wheres)
            }
            relative = f"//{asked.row.host}/"
            if asked.row in methods.LOAD_BALANCING.values():
                return self._aggregated(asked, inside, whole=whole)
            items = [
                one if look.text(one, "name") else {**one, "name": name.removeprefix(relative)}
                for name, one in inside.items()
                if name not in self._partial
            ]
        if not whole and not items:
            return None
        return {asked.row.items: items, **({} if whole else {"unreachable": [_DETAIL]})}

    def _aggregated(self, asked: Asked, inside: Mapping[str, ResourceJson], *, whole: bool) -> Json | None:
        """Return resources of Compute Engine of whatever place, which are known by their links."""
        link = "https://www.googleapis.com/compute/v1/"
        items = [
            {**one, "selfLink": f"{link}{name.removeprefix(f'//{asked.row.host}/')}"}
            for name, one in inside.items()
            if name not in self._partial
        ]
        if not whole and not items:
            return None
        kind = collections_of(asked)[0].rsplit("/", 1)[-1]
        return {"items": {"global": {kind: items}}, **({} if whole else {"unreachables": [_DETAIL]})}

    def _whole(self, held: Mapping[str, ResourceJson], name: str) -> Json | None:
        """Return what stands under this name, if it is whole.

        Raises:
            UnansweredError: only a part of it is shown.
        """
        found = _one(held, name)
        mark = POLICY_OF if held is self._iam else ""
        if found is not None and f"{mark}{found[0]}" in self._partial:
            raise UnansweredError(Unknown(Source("document", name), Obstacle.NOT_TOLD, _PART))
        return found[1] if found is not None else None

    def _why_not(self, read: str, target: str) -> Absent | Unknown:
        """Return why there is no answer: it was looked for and is not there, it was refused, or nobody asked."""
        source = Source(read, target)
        if read != "call" and any(same(target, one) for one in self._absent):
            return Absent(source)
        for one in self.document.unread:
            where = self._names.canonical(look.text(one, "target") or "")
            if look.text(one, "read") == read and same(where, target):
                obstacle = next((each for each in Obstacle if each == look.text(one, "obstacle")), self._hole)
                return Unknown(source, obstacle, look.text(one, "detail") or "", look.text(one, "permission"))
        return Unknown(source, self._hole, "" if self._hole is Obstacle.NOT_IN_DOCUMENT else _DETAIL)

    def _minted(self, source: Source, audience: str) -> Fact[Minted]:
        for one in self.document.calls:
            claims = look.mapping(one, "claims")
            if look.text(one, "token") == "good" and claims and audience:
                token = Token(
                    TokenKind(look.text(claims, "kind") or TokenKind.ID_TOKEN),
                    look.text(claims, "aud"),
                    look.text(claims, "iss"),
                    look.text(claims, "email"),
                    look.text(claims, "sub"),
                    look.number(claims, "iat"),
                    look.number(claims, "exp"),
                )
                return Known(Minted(Secret("saved"), token), source)
        why = self._why_not(source.read, self._names.canonical(source.target))
        return replace(why, source=source) if isinstance(why, Unknown) else Unknown(source, self._hole)


def _one(held: Mapping[str, T], name: str) -> tuple[str, T] | None:
    """Return what stands under this name; of several that may be meant, none."""
    if name in held:
        return name, held[name]
    if name.endswith(f"/{ANY}"):
        return None
    fitting = [one for one in held if not one.endswith(f"/{ANY}") and same(one, name)]
    return (fitting[0], held[fitting[0]]) if len(fitting) == 1 else None


def _parent(resource: Json) -> str:
    """Return what a project or folder stands in, as either version of the API writes it."""
    kind = look.text(resource, "parent", "type")
    return f"{kind}s/{look.text(resource, 'parent', 'id')}" if kind else look.text(resource, "parent") or ""
