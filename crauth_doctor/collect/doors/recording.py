"""A door that keeps what was answered, as a document that can be saved and asked again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Final
from urllib.parse import unquote

from ...gcp import methods, rest
from ...gcp.door import JUNK, MINT, Asked, Door, Minted, UnansweredError
from ...google_json import json_access as look
from ...google_json.json_access import Json
from ...model.document import TROUBLESHOOTER, Document, ResourceJson
from ...model.fact import Absent, Fact, Known, Obstacle, Unknown
from ...model.http import Response
from ...model.iam import Principal
from ...model.secret import Secret
from ...model.token import Token
from .names import EVERY, PROJECTS, Aliases, collections_of, item_name
from .wrapped import WrappedDoor

_ANNOTATION: Final = "run.googleapis.com/ingress"
_ABOVE: Final = PROJECTS.removesuffix("projects/")
_TOKENS: Final = ("none", "junk", "good")


@dataclass
class Recorded:
    """What was answered so far, as Google's JSON by full resource name."""

    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    iam: dict[str, ResourceJson] = field(default_factory=dict)
    deny: dict[str, dict[str, ResourceJson]] = field(default_factory=dict)
    limits: dict[str, dict[str, ResourceJson]] = field(default_factory=dict)
    logs: dict[str, ResourceJson] = field(default_factory=dict)
    absent: dict[str, None] = field(default_factory=dict)
    unread: dict[tuple[str, str], ResourceJson] = field(default_factory=dict)
    calls: list[dict[str, Any]] = field(default_factory=list)
    operator: str | None = None
    claims: dict[str, Any] | None = None
    lock: Lock = field(default_factory=Lock)

    def document(self, asked: Mapping[str, str | None], at: int) -> Document:
        """Return all of it."""
        said = {"operator": self.operator, **asked}
        calls = sorted(self.calls, key=lambda one: _TOKENS.index(one["token"]))
        if self.claims is not None:
            good = next((one for one in calls if one["token"] == "good"), {"token": "good"})
            calls = [*(one for one in calls if one is not good), {**good, "claims": self.claims}]
        names = Aliases(self.resources)
        for name, one in self.resources.items():
            number = names.number(name.removeprefix(PROJECTS))
            if name.startswith(PROJECTS) and number is not None:
                one.setdefault("name", f"projects/{number}")  # its services' URLs tell it
        return Document(
            resources=dict(sorted(self.resources.items())),
            iam=dict(sorted(self.iam.items())),
            deny={name: tuple(found.values()) for name, found in sorted(self.deny.items())},
            org_policies=dict(sorted(self.limits.items())),
            logs=tuple(self.logs.values()),
            absent=frozenset(self.absent),
            unread=tuple(one for _, one in sorted(self.unread.items())),
            calls=tuple(calls),
            asked={name: text for name, text in said.items() if text},
            at=at,
        )

    def keep(self, asked: Asked, found: Json) -> None:
        """Keep an answer."""
        row, name = asked.row, asked.target
        if row.read.endswith("getIamPolicy"):
            self.iam[name] = found
            return
        match row:
            case methods.ANCESTRY:
                self._keep_ancestry(name, found)
            case methods.EFFECTIVE_POLICY:
                place, _, constraint = name.partition(" ")
                self.limits.setdefault(place, {})[constraint] = found
            case methods.DENY_POLICIES:
                self.deny.setdefault(name, {})
            case methods.DENY_POLICY:
                self.deny.setdefault(name, {})[asked.names["name"]] = found
            case methods.TROUBLESHOOT:
                principal = look.text(asked.body, "accessTuple", "principal")
                self._merge(f"{TROUBLESHOOTER}{principal} {name}", found)
            case methods.RECORDS:
                self._merge(name, {"rrsets": look.items(found, "rrsets")})
            case methods.KNATIVE_SERVICE:
                wanted = look.text(found, "metadata", "annotations", _ANNOTATION)
                self._merge(name, {"annotations": {_ANNOTATION: wanted}} if wanted else {})
            case _ if row.read == methods.EFFECTIVE_TAGS.read:  # on the host of a region
                self._merge(name, {row.items: look.items(found, row.items)})
            case _ if row.items:
                self._keep_list(asked, found)
            case _:
                self._merge(_named(asked, found), found)

    def miss(self, read: str, target: str, fact: Absent | Unknown) -> None:
        """Keep that there was no answer."""
        if isinstance(fact, Absent):
            self.absent[target] = None
            return
        said = {"read": read, "target": target, "obstacle": fact.obstacle.value}
        more = {"detail": fact.detail, "permission": fact.permission}
        self.unread[read, target] = {**said, **{name: text for name, text in more.items() if text}}

    def _keep_ancestry(self, name: str, found: Json) -> None:
        chain = [look.mapping(one, "resourceId") for one in look.items(found, "ancestor")]
        names = [f"{look.text(one, 'type')}s/{look.text(one, 'id')}" for one in chain]
        for place, above in zip(names, [*names[1:], None], strict=True):
            self._merge(f"{_ABOVE}{place}", {"parent": above} if above else {})
        number = name.rsplit("/", 1)[-1]
        if names:
            project = names[0].rsplit("/", 1)[-1]
            is_number = number.isdigit() and number != project
            named = {"name": f"projects/{number}"} if is_number else {}
            self._merge(f"{_ABOVE}{names[0]}", {"projectId": project, **named})

    def _keep_list(self, asked: Asked, found: Json) -> None:
        unreachable: dict[str, None] = {}
        listed = found.get(asked.row.items)
        listed = rest.of_every_scope(listed, asked.row, unreachable) if isinstance(listed, dict) else listed or ()
        items = [one for one in listed if isinstance(one, dict)]
        if asked.row is methods.LOG_ENTRIES:
            self.logs |= {str(look.text(one, "insertId") or one): one for one in items}
        else:
            for one in items:
                self._merge(item_name(asked, one), one)
        left_out = unreachable or any(found.get(key) for key in rest.LEFT_OUT)
        if not left_out and not found.get("nextPageToken"):
            self.absent |= dict.fromkeys(f"{where}/{EVERY}" for where in collections_of(asked))

    def _merge(self, name: str, found: Json) -> None:
        self.resources[name] = _together(self.resources.get(name, {}), found)


class RecordingDoor(WrappedDoor):
    """A door that keeps what was answered."""

    def __init__(self, inner: Door, record: Recorded) -> None:
        super().__init__(inner)
        self._record = record

    def around(self, inner: Door) -> Door:
        """Return the same before another door."""
        return RecordingDoor(inner, self._record)

    def answer(self, asked: Asked) -> Json:
        """Return what was answered, and keep it.

        Raises:
            UnansweredError: nothing is there, or it cannot be seen; that is kept, too.
        """
        try:
            found = self.inner.answer(asked)
        except UnansweredError as error:
            with self._record.lock:
                self._record.miss(asked.row.read, _of(asked), error.fact)
            raise
        with self._record.lock:
            self._record.keep(asked, found)
        return found

    def who(self) -> Fact[Principal]:
        """Return the member that runs the tool."""
        found = self.inner.who()
        if isinstance(found, Known):
            self._record.operator = found.value.member
        return found

    def mint(self, email: str, audience: str) -> Fact[Minted]:
        """Mint an ID token as a service account."""
        return self._minted(
            MINT, f"//iam.googleapis.com/projects/-/serviceAccounts/{email}", self.inner.mint(email, audience)
        )

    def mint_as_operator(self, audience: str) -> Fact[Minted]:
        """Mint an ID token as whoever runs the tool."""
        return self._minted("credentials", "the operator's", self.inner.mint_as_operator(audience))

    def call(self, url: str, *, secret: Secret | None = None, own: frozenset[str] = frozenset()) -> Fact[Response]:
        """Make one call, and keep its answer."""
        found = self.inner.call(url, secret=secret, own=own)
        kind = "none" if secret is None else "junk" if secret is JUNK else "good"
        with self._record.lock:
            if isinstance(found, Known):
                answer = found.value
                said = {"url": url, "method": "GET", "token": kind, "status": answer.status}
                when = f"{datetime.fromtimestamp(self.inner.now().value, UTC):%Y-%m-%dT%H:%M:%SZ}"
                self._record.calls.append({**said, "headers": dict(answer.headers), "body": answer.body, "at": when})
            else:
                self._record.miss("call", f"{url.partition('?')[0]} {kind}", _as_unknown(found))
        return found

    def _minted(self, read: str, target: str, found: Fact[Minted]) -> Fact[Minted]:
        with self._record.lock:
            if isinstance(found, Known):
                self._record.claims = _claims(found.value.token)
            else:
                self._record.miss(read, target, _as_unknown(found))
        return found


def _together(kept: Json, found: Json) -> dict[str, Any]:
    """Return what two reads of one thing tell: a client of Google's leaves out what it does not know."""
    both = {name for name in kept if isinstance(kept[name], Mapping) and isinstance(found.get(name), Mapping)}
    return {**kept, **found, **{name: _together(kept[name], found[name]) for name in both}}


def _as_unknown(fact: Absent | Unknown) -> Unknown:
    return fact if isinstance(fact, Unknown) else Unknown(fact.source, Obstacle.NOT_UNDERSTOOD)


def _claims(token: Token) -> dict[str, Any]:
    said = {"aud": token.audience, "iss": token.issuer, "email": token.email, "sub": token.subject}
    times = {"iat": token.issued_at, "exp": token.expires_at}
    return {"kind": token.kind.value, **{name: one for name, one in {**said, **times}.items() if one is not None}}


def _of(asked: Asked) -> str:
    """Return what a read that failed was of: of a policy that a list has named, the policy."""
    if asked.row is methods.DENY_POLICY:
        return f"{asked.target}/{unquote(asked.names['name']).rsplit('/', 1)[-1]}"
    return asked.target


def _named(asked: Asked, found: Json) -> str:
    """Return the full name that the answer gives itself, where that is whole; else the one that was asked for."""
    name = look.text(found, "name") or ""
    is_whole = name.count("/") == asked.target.removeprefix(f"//{asked.row.host}/").count("/") > 1
    return f"//{asked.row.host}/{name}" if is_whole and not asked.row.host.startswith("cloudresource") else asked.target
