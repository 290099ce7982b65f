"""The state of one pretend Google Cloud while it is served: resources, policies, tokens, logs."""

from __future__ import annotations

import base64
import hashlib
import itertools
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from ..apis.errors import concurrent_policy_change
from ..iam.principal import Identity, account_uid
from . import resource_names as names
from .clock import WorldClock, rfc3339
from .knative_import import is_knative, service_of_export
from .world import Json, World

EMPTY_ETAG = "ACAB"


@dataclass(frozen=True)
class CloudProject:
    """A project under its id and its number, and the folder or organization above it."""

    id: str
    number: str
    parent: str | None
    listed: bool


@dataclass(frozen=True)
class AnsweredRequest:
    """One request that was answered. `started` and `ended` are seconds since the sandbox began, in real time."""

    method: str
    host: str
    path: str
    principal: str
    status: int
    started: float
    ended: float
    at: str


@dataclass(frozen=True)
class _Written:
    """A policy, and the moment from which it counts."""

    policy: Json
    effective: datetime


class Cloud:
    """Everything that one sandbox holds. All decisions and APIs read it here."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.clock = WorldClock(world.now)
        self.lock = threading.RLock()
        self.closing = threading.Event()
        self.changed = False
        self.requests: list[AnsweredRequest] = []
        self.logs: list[Json] = deepcopy(world.logs)
        self.operations: dict[str, Json] = {}
        self._counter = itertools.count(1)
        self._projects = dict(_projects(world))
        self.resources = {self.canonical(name): _resource(value) for name, value in world.resources.items()}
        self._policies = {
            self.canonical(name): self._stated(name, _with_etag(deepcopy(policy), name))
            for name, policy in world.iam.items()
        }
        self.deny = {self.canonical(name): deepcopy(policies) for name, policies in world.deny.items()}
        self.org_policies = {self.canonical(name): deepcopy(value) for name, value in world.org_policies.items()}
        self.tags = {self.canonical(name): deepcopy(value) for name, value in world.tags.items()}
        self.apps = {self.canonical(name): rules for name, rules in world.apps.items()}
        self.edge = {self.canonical(name): rules for name, rules in world.edge.items()}
        self.disabled = {names.project_in(name) or name: set(apis) for name, apis in world.disabled_apis.items()}
        self._tokens: dict[str, tuple[Identity, datetime | None]] = {}
        self.asked_for: dict[str, None] = {}  # every permission that something the operator did took
        self.refresh_tokens: dict[str, Identity] = {}
        self.faults_taken: dict[int, int] = {}
        self.operator = self.principal(world.operator.principal)
        self.operator_token = self.new_access_token(self.operator, lifetime=None)

    # names

    def project(self, reference: str) -> CloudProject | None:
        """A project by its id or number."""
        return self._projects.get(reference)

    def number(self, name: str) -> str:
        """The number of the project that a resource stands in; 0 where it stands in none that is known."""
        project = self.project(names.project_in(name) or "")
        return project.number if project else "0"

    def projects(self) -> list[CloudProject]:
        """Every project, once."""
        return sorted(set(self._projects.values()), key=lambda each: each.id)

    def canonical(self, name: str) -> str:
        """The name with its project as an id, and a service account by its e-mail."""
        name = name if name.startswith("//") else f"//{name}"
        reference = names.project_in(name)
        project = self._projects.get(reference) if reference else None
        return names.with_project(name, project.id) if project else name

    def ancestors(self, name: str) -> list[str]:
        """The resource itself, then its project, folders and organization, as full names."""
        name = self.canonical(name)
        chain = [name]
        if "/iap_web" in name:
            parts = name.split("/iap_web", 1)[1].strip("/").split("/")
            root = name.split("/iap_web", 1)[0] + "/iap_web"
            chain += [f"{root}/{parts[0]}"] if len(parts) > 1 else []
            chain.append(root)
        reference = names.project_in(name)
        project = self._projects.get(reference) if reference else None
        parent: str | None = None
        if project:
            chain.append(f"{names.PROJECTS}projects/{project.id}")
            parent = project.parent
        elif name.startswith(names.PROJECTS):
            parent = _parent(self.resources.get(name, {}))
        while parent and (full := names.PROJECTS + parent) not in chain:
            chain.append(full)
            parent = _parent(self.resources.get(full, {}))
        return list(dict.fromkeys(chain))

    def put(self, name: str, resource: Json | None) -> None:
        """Keep a resource, or (`None`) drop it; readers in other threads go on with what they began to read."""
        with self.lock:
            self.changed = True
            kept = {key: value for key, value in self.resources.items() if key != name}
            self.resources = kept if resource is None else {**kept, name: resource}

    # accounts

    def account(self, reference: str) -> tuple[str, Json] | None:
        """The full name and the whole resource of a service account, by e-mail or unique id."""
        for name, resource in list(self.resources.items()):
            if not name.startswith(names.IAM) or "/serviceAccounts/" not in name or "/keys/" in name:
                continue
            email = name.rsplit("/", 1)[1]
            if reference in (email, str(resource.get("uniqueId") or names.stable_number(email, 21))):
                return name, self._whole_account(name, email, resource)
        return None

    def _whole_account(self, name: str, email: str, resource: Json) -> Json:
        project = names.project_in(name) or "-"
        unique_id = names.stable_number(email, 21)
        defaults: Json = {
            "name": f"projects/{project}/serviceAccounts/{email}",
            "projectId": project,
            "uniqueId": unique_id,
            "email": email,
            "etag": "MDEwMjE5MjA=",
            "oauth2ClientId": str(resource.get("uniqueId") or unique_id),
        }
        return defaults | resource

    def principal(self, member: str) -> Identity:
        """The principal that a member names, with its unique id."""
        kind, _, email = member.partition(":")
        found = self.account(email) if kind == "serviceAccount" else None
        return Identity(member, str(found[1]["uniqueId"]) if found else names.stable_number(member, 21))

    # policies

    def policy(self, name: str) -> Json:
        """The policy as it was last written."""
        with self.lock:
            written = self._policies.get(self.canonical(name))
            return deepcopy(written[-1].policy) if written else {"etag": EMPTY_ETAG}

    def effective_tags(self, name: str) -> list[Json]:
        """The tags in effect on a resource: for each key the nearest, its own or of what it stands in.

        https://docs.cloud.google.com/resource-manager/docs/tags/tags-overview#inheritance
        """
        found: dict[str, Json] = {}
        for at, above in enumerate(self.ancestors(name)):
            own = self.resources.get(above, {}).get("effectiveTags", [])  # as a saved world has them
            for each in (*self.tags.get(above, []), *own):
                key = str(each.get("tagKey") or each.get("namespacedTagKey"))
                found.setdefault(key, {**each, "inherited": True} if at else each)
        return list(found.values())

    def org_policy(self, name: str, constraint: str) -> Json:
        """The nearest organization policy for a constraint; empty where none is declared."""
        declared = (self.org_policies.get(above, {}) for above in self.ancestors(name))
        found = (each.get(constraint) or each.get(f"constraints/{constraint}") for each in declared)
        return next((each for each in found if each), {})

    def has_policy(self, name: str) -> bool:
        """Whether a policy was stated or written, an empty one too."""
        return name in self._policies

    def effective_policy(self, name: str) -> Json:
        """The policy that counts now: a write counts only when it has been propagated."""
        with self.lock:
            written = self._policies.get(self.canonical(name), [])
            now = self.clock.now()
            return next((each.policy for each in reversed(written) if each.effective <= now), {})

    def write_policy(self, name: str, policy: Json) -> Json:
        """Replace a policy.

        Raises:
            ApiError: ABORTED, if it carries the etag of an older one.
        """
        with self.lock:
            name = self.canonical(name)
            known = self.policy(name)
            if policy.get("etag") and policy["etag"] != known.get("etag"):
                raise concurrent_policy_change()
            bindings = [each for each in policy.get("bindings", []) if each.get("members")]
            stored: Json = {"version": 3 if any("condition" in each for each in bindings) else 1}
            stored["etag"] = self.new_etag()
            if bindings:
                stored["bindings"] = [_tidy(each) for each in bindings]
            if policy.get("auditConfigs"):
                stored["auditConfigs"] = policy["auditConfigs"]
            effective = self.clock.now() + timedelta(seconds=self.world.delays.propagation)
            self.changed = True
            before = self._policies.setdefault(name, [])
            before.append(_Written(stored, effective))
            return deepcopy(stored)

    def drop_policy(self, name: str) -> None:
        """Forget the policy of a resource that is gone."""
        with self.lock:
            self._policies.pop(self.canonical(name), None)

    def _stated(self, name: str, policy: Json) -> list[_Written]:
        """A policy of the world: it counts already, unless an audit log says that it was written a moment ago."""
        written = [
            datetime.fromisoformat(str(entry["timestamp"]))
            for entry in self.world.logs
            if str(entry.get("protoPayload", {}).get("methodName", "")).endswith("SetIamPolicy")
            and names.path_of(name) == entry["protoPayload"].get("resourceName")
        ]
        if not written:
            return [_Written(policy, self.clock.now())]
        counts = max(written) + timedelta(seconds=self.world.delays.propagation)
        return [_Written({}, min(written)), _Written(policy, counts)]

    # tokens

    def new_access_token(self, principal: Identity, lifetime: float | None = 3600) -> str:
        """An opaque access token of a principal; without a lifetime it never expires."""
        token = f"ya29.sandbox.{secrets.token_urlsafe(24)}"
        expires = self.clock.now() + timedelta(seconds=lifetime) if lifetime is not None else None
        with self.lock:
            self._tokens[token] = (principal, expires)
        return token

    def whose_token(self, token: str) -> tuple[Identity, datetime | None] | None:
        """Whose access token it is, if it is one of this sandbox and not expired."""
        with self.lock:
            found = self._tokens.get(token)
        if found is None or (found[1] is not None and found[1] <= self.clock.now()):
            return None
        return found

    # bookkeeping

    def now(self) -> datetime:
        """The moment that it is in the sandbox."""
        return self.clock.now()

    def timestamp(self) -> str:
        """The moment that it is in the sandbox, as APIs write it."""
        return rfc3339(self.clock.now())

    def next(self) -> int:
        """A number that was never given before."""
        return next(self._counter)

    def new_etag(self) -> str:
        """An etag that differs from every earlier one."""
        return base64.b64encode(b"\x07\x06" + (0x500000000000 + self.next()).to_bytes(6, "big")).decode()

    def write_log(self, entry: Json) -> None:
        """Keep a log entry, written now."""
        now = self.timestamp()
        entry |= {"insertId": f"sandbox{self.next():012d}", "timestamp": now, "receiveTimestamp": now}
        with self.lock:
            self.logs.append(entry)

    def asked(self) -> list[Json]:
        """The request log as JSON."""
        return [asdict(each) for each in list(self.requests)]

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold everything still while something is read, changed and written."""
        with self.lock:
            yield


def _resource(declared: Json) -> Json:
    return service_of_export(declared) if is_knative(declared) else deepcopy(declared)


def _projects(world: World) -> Iterator[tuple[str, CloudProject]]:
    listed: set[str] = set()
    for name, resource in world.resources.items():
        if name.startswith(f"{names.PROJECTS}projects/"):
            project = _listed_project(name.rsplit("/", 1)[1], resource)
            listed |= {project.id, project.number}
            yield project.id, project
            yield project.number, project
    mentioned = {names.project_in(name) for name in (*world.resources, *world.iam)} - listed - {None, "-"}
    for reference in sorted(each for each in mentioned if each is not None):
        number = reference if reference.isdigit() else names.stable_number(reference, 12)
        yield reference, CloudProject(reference, number, None, listed=False)
        yield number, CloudProject(reference, number, None, listed=False)


def _listed_project(reference: str, resource: Json) -> CloudProject:
    project_id = str(resource.get("projectId") or reference)
    name = str(resource.get("name") or "")
    number = str(resource.get("projectNumber") or "")
    if not number and name.startswith("projects/") and name.removeprefix("projects/").isdigit():
        number = name.removeprefix("projects/")
    if not number:
        number = reference if reference.isdigit() else names.stable_number(project_id, 12)
    return CloudProject(project_id, number, _parent(resource), listed=True)


def _parent(resource: Json) -> str | None:
    """`folders/77`, from the parent as Resource Manager v3 or v1 writes it."""
    parent: Any = resource.get("parent")
    if isinstance(parent, dict):
        return f"{parent.get('type')}s/{parent.get('id')}"
    return str(parent) if parent else None


def _tidy(binding: Json) -> Json:
    kept: Json = {"role": binding["role"], "members": list(dict.fromkeys(binding["members"]))}
    if binding.get("condition"):
        kept["condition"] = binding["condition"]
    return kept


def _with_etag(policy: Json, seed: str) -> Json:
    if not policy.get("etag"):
        digest = hashlib.sha256(seed.encode()).digest()[:6]
        policy["etag"] = base64.b64encode(b"\x07\x06" + digest).decode() if policy.get("bindings") else EMPTY_ETAG
    return policy


def members_of(policy: Json) -> set[str]:
    """Every member that a policy names."""
    return {str(member) for binding in policy.get("bindings", []) for member in binding.get("members", [])}


def is_deleted(member: str) -> bool:
    """Whether a member names a deleted identity."""
    return account_uid(member) is not None
