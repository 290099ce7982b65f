"""What can be written: one kind of document each, with how it is read, changed, written, and shown as a diff."""

from __future__ import annotations

from typing import Any, Final, Protocol, assert_never

from ..deferred import dataclass
from ..gcp import audiences, methods, rest, update, write
from ..gcp.google import Google
from ..gcp.methods import Row
from ..gcp.products.permissions import carrier
from ..gcp.write import Accepted, Answer
from ..google_json.services import EGRESS, INGRESS
from ..iam.roles import ACT_AS
from ..model.change import (
    AddAudience,
    Applicable,
    EnableAccount,
    EnableDefaultUrl,
    EnablePrivateAccess,
    GrantRole,
    RevokeRole,
    SetIngress,
    SetInvokerCheck,
    SetRuntimeAccount,
    SetSenderAudience,
    SetVpcEgress,
)
from ..model.fact import Fact
from . import limits
from .consent import Move, field_moves, policy_moves
from .policy_json import (
    ChangedAgainError,
    Json,
    UnsafeError,
    at,
    condition_in,
    field_difference,
    policy_difference,
    put,
    refuse_misshapen,
    refuse_unsafe,
    with_member,
    without_member,
)

_RUN: Final = "//run.googleapis.com/projects/P/locations/R"
TAKES: Final = tuple(
    dict.fromkeys(
        (
            *(one.set.read for one in methods.CARRIERS.values()),
            *(update.permission(f"{_RUN}/{kind}/X") for kind in ("services", "jobs", "workerPools")),
            *(one.set.read for one in audiences.HOLDERS.values()),
            *(row.read for row in (methods.ENABLE_ACCOUNT, methods.DISABLE_ACCOUNT, methods.SET_PRIVATE_ACCESS)),
            ACT_AS,  # whoever deploys as an account, or has its tokens sent
        )
    )
)
"""The permissions of all changes.

Source: https://docs.cloud.google.com/iam/docs/attach-service-accounts
"""


class Edit(Protocol):
    """A change of one document."""

    @property
    def resource(self) -> str:
        """Full resource name of what the document belongs to."""

    @property
    def permission(self) -> str:
        """What one must be allowed to write it."""

    def read(self, google: Google) -> Fact[Json]:
        """Read the document as it is now."""

    def wanted(self, document: Json) -> Json:
        """Return the document as it is to be; the same one when there is nothing to do.

        Raises:
            UnsafeError: it must not be changed; the message says why.
        """

    def write(self, google: Google, before: Json, after: Json) -> Answer:
        """Write it, once, with the etag that it was read with; what has none is compared with what it was before."""

    def difference(self, before: Json, after: Json) -> tuple[str, ...]:
        """Return what changes, as a diff."""

    def moves(self, before: Json, after: Json) -> tuple[Move, ...]:
        """Return what changes, for what it opens and for what was agreed to."""

    def kept(self, document: Json) -> dict[str, Any]:
        """Return what a receipt keeps of the document."""


@dataclass(frozen=True)
class BindingEdit:
    """One member in one role of an allow policy, with a condition or without."""

    change: GrantRole | RevokeRole
    add: bool
    whole: Json | None = None
    """The condition with all that Google keeps of it, where a binding is put back."""

    @property
    def resource(self) -> str:
        """What the policy stands on."""
        return self.change.resource

    @property
    def permission(self) -> str:
        """The permission to replace the policy."""
        how = carrier(self.change.resource)
        return how.set.read if how else ""

    def read(self, google: Google) -> Fact[Json]:
        """Read the policy, version 3."""
        return write.policy_document(google, self.change.resource)

    def wanted(self, document: Json) -> Json:
        """Add or remove the member, and touch nothing else."""
        refuse_unsafe(document)
        change = self.change
        if not self.add:
            return without_member(document, change.role, change.member, change.condition)
        limits.refuse_gift(change.role, change.member)
        return with_member(document, change.role, change.member, change.condition, self.whole)

    def write(self, google: Google, before: Json, after: Json) -> Answer:  # noqa: ARG002 - its etag stands in it
        """Replace the policy."""
        return write.set_policy_document(google, self.change.resource, after)

    def difference(self, before: Json, after: Json) -> tuple[str, ...]:
        """The bindings concerned."""
        return policy_difference(before, after)

    def moves(self, before: Json, after: Json) -> tuple[Move, ...]:
        """Who gets or loses the role."""
        return policy_moves(self.resource, before, after)

    def kept(self, document: Json) -> dict[str, Any]:
        """All bindings, and the etag."""
        bindings = document.get("bindings", [])
        return {"etag": document.get("etag", ""), "bindings": bindings if isinstance(bindings, list) else []}


@dataclass(frozen=True)
class FieldEdit:
    """Some fields of a Cloud Run service or job."""

    change: SetIngress | AddAudience | EnableDefaultUrl | SetInvokerCheck | SetVpcEgress | SetRuntimeAccount
    paths: tuple[str, ...]  # the fields that are written
    back: Json | None = None  # the values to put back, when this takes the change back; None when it makes it
    left: Json | None = None  # the values that the change left; where one differs now, somebody else has set it since

    @property
    def resource(self) -> str:
        """The service."""
        match self.change:
            case SetVpcEgress() | SetRuntimeAccount():
                return self.change.workload
            case _:
                return self.change.service

    @property
    def permission(self) -> str:
        """The permission to update it."""
        return update.permission(self.resource)

    def read(self, google: Google) -> Fact[Json]:
        """Read it whole."""
        return update.document(google, self.resource)

    def wanted(self, document: Json) -> Json:
        """Set the fields, or set them back."""
        refuse_misshapen(document, self.paths)
        if not (isinstance(document.get("etag"), str) and isinstance(document.get("name"), str)):
            raise UnsafeError("It came without an etag or a name, so a change in between could not be noticed.")
        if self.back is not None:
            after = _set_back(self.change, document, self.paths, self.back, self.left or {})
        else:
            after = _set(self.change, document, self.paths[0])
        if isinstance(self.change, SetRuntimeAccount) and after is not document:
            limits.refuse_foreign_account(document, self.resource, at(after, self.paths[0]))
        return after

    def write(self, google: Google, before: Json, after: Json) -> Answer:  # noqa: ARG002 - its etag stands in it
        """Write those fields; a revision's name that was fixed by hand has to go, or the new one would collide."""
        named = bool(at(after, "template.revision")) and any(p.startswith("template.") for p in self.paths)
        paths = (*self.paths, "template.revision") if named else self.paths
        whole = put(after, "template.revision", None) if named else after
        return update.write(google, self.resource, whole, paths)

    def difference(self, before: Json, after: Json) -> tuple[str, ...]:
        """The fields concerned."""
        return field_difference(before, after, self.paths)

    def moves(self, before: Json, after: Json) -> tuple[Move, ...]:
        """The fields concerned."""
        return field_moves(self.resource, before, after, self.paths)

    def kept(self, document: Json) -> dict[str, Any]:
        """The fields concerned, and the etag."""
        return {"etag": document.get("etag", ""), **{path: at(document, path) for path in self.paths}}


@dataclass(frozen=True)
class SwitchEdit:
    """Something that is on or off, and has a method of its own for it."""

    change: EnableAccount | EnablePrivateAccess
    on: bool

    @property
    def resource(self) -> str:
        """The account or the subnetwork."""
        match self.change:
            case EnableAccount(email):
                return f"//iam.googleapis.com/projects/-/serviceAccounts/{email}"
            case EnablePrivateAccess(subnetwork):
                return f"//compute.googleapis.com/{subnetwork.removeprefix('//compute.googleapis.com/')}"

    @property
    def permission(self) -> str:
        """The permission to use that method."""
        return self._row().read

    def read(self, google: Google) -> Fact[Json]:
        """Read the resource."""
        is_account = isinstance(self.change, EnableAccount)
        return rest.document(google, methods.ACCOUNT_DOCUMENT if is_account else methods.SUBNETWORK, self.resource)

    def wanted(self, document: Json) -> Json:
        """Turn it on or off."""
        if isinstance(self.change, EnableAccount):
            return document if self.on != bool(document.get("disabled")) else {**document, "disabled": not self.on}
        is_on = bool(document.get("privateIpGoogleAccess"))
        return document if is_on == self.on else {**document, "privateIpGoogleAccess": self.on}

    def write(self, google: Google, before: Json, after: Json) -> Answer:  # noqa: ARG002 - it says on or off
        """Call the method."""
        body = {} if isinstance(self.change, EnableAccount) else {"privateIpGoogleAccess": self.on}
        answer = write.send_once(google, self._row(), self.resource, body)
        return Accepted(after) if isinstance(answer, Accepted) else answer

    def difference(self, before: Json, after: Json) -> tuple[str, ...]:
        """The switch."""
        return field_difference(self.kept(before), self.kept(after), tuple(self.kept(after)))

    def moves(self, before: Json, after: Json) -> tuple[Move, ...]:
        """The switch."""
        return field_moves(self.resource, self.kept(before), self.kept(after), tuple(self.kept(after)))

    def kept(self, document: Json) -> dict[str, Any]:
        """The switch."""
        name = "disabled" if isinstance(self.change, EnableAccount) else "privateIpGoogleAccess"
        return {name: bool(document.get(name))}

    def _row(self) -> Row:
        if isinstance(self.change, EnablePrivateAccess):
            return methods.SET_PRIVATE_ACCESS
        return methods.ENABLE_ACCOUNT if self.on else methods.DISABLE_ACCOUNT


@dataclass(frozen=True)
class SenderAudienceEdit:
    """The audience of the tokens of a scheduler job or a push subscription."""

    change: SetSenderAudience
    back: Json | None = None  # the audience to put back, when this takes the change back; None when it makes it
    # the audience that the change left; where another is there now, somebody else has set it since
    left: Json | None = None

    @property
    def resource(self) -> str:
        """The job or subscription."""
        return self.change.sender

    @property
    def permission(self) -> str:
        """The permission to update it."""
        how = audiences.holder(self.change.sender)
        return how.set.read if how else ""

    def read(self, google: Google) -> Fact[Json]:
        """Read it whole."""
        return audiences.document(google, self.change.sender)

    def wanted(self, document: Json) -> Json:
        """Set the audience, or set it back, and nothing else of the token."""
        refuse_misshapen(document, (self._path,))
        if self.back is not None:
            return _set_back(self.change, document, (self._path,), self.back, self.left or {})
        account = at(document, f"{self._token}.serviceAccountEmail")
        if account is None:
            raise UnsafeError("It no longer attaches an ID token, so there is no audience to set.")
        if account != self.change.account:
            raise UnsafeError(f"Its tokens are now of {account}, not of {self.change.account}.")
        if at(document, self._path) == self.change.audience:
            return document
        return put(document, self._path, self.change.audience)

    def write(self, google: Google, before: Json, after: Json) -> Answer:
        """Write it, unless it has changed since."""
        return audiences.write(google, self.change.sender, before, after)

    def difference(self, before: Json, after: Json) -> tuple[str, ...]:
        """The audience."""
        return field_difference(before, after, (self._path,))

    def moves(self, before: Json, after: Json) -> tuple[Move, ...]:
        """The audience."""
        return field_moves(self.resource, before, after, (self._path,))

    def kept(self, document: Json) -> dict[str, Any]:
        """The audience; of URLs, headers and bodies, which may hold secrets, nothing is kept."""
        return {self._path: at(document, self._path)}

    @property
    def _token(self) -> str:
        how = audiences.holder(self.change.sender)
        return how.token if how else "oidcToken"

    @property
    def _path(self) -> str:
        return f"{self._token}.audience"


def edit_of(change: Applicable) -> Edit:
    """Return how a change is made."""
    match change:
        case GrantRole():
            return BindingEdit(change, add=True)
        case RevokeRole():
            return BindingEdit(change, add=False)
        case SetIngress():
            return FieldEdit(change, ("ingress",))
        case AddAudience():
            return FieldEdit(change, ("customAudiences",))
        case EnableDefaultUrl():
            return FieldEdit(change, ("defaultUriDisabled",))
        case SetInvokerCheck():
            return FieldEdit(change, ("invokerIamDisabled",))
        case SetVpcEgress():
            return FieldEdit(change, (_of_template(change.workload, "vpcAccess"),))
        case SetRuntimeAccount():
            return FieldEdit(change, (_of_template(change.workload, "serviceAccount"),))
        case EnablePrivateAccess() | EnableAccount():
            return SwitchEdit(change, on=True)
        case SetSenderAudience():
            return SenderAudienceEdit(change)
        case _:
            assert_never(change)


def edit_back(change: Applicable, before: Json, after: Json) -> Edit:
    """Return how a change is taken back, given what its receipt keeps of before and after.

    Raises:
        UnsafeError: this tool could not have made it.
    """
    if isinstance(change, GrantRole | RevokeRole):
        limits.refuse_role(change.role)
    edit = edit_of(change)
    match edit:
        case BindingEdit(change=what, add=add):
            return BindingEdit(what, add=not add, whole=condition_in(before, what.role, what.condition))
        case FieldEdit(change=fields, paths=paths):
            return FieldEdit(fields, paths, back=before, left=after)
        case SwitchEdit(change=switch):
            return SwitchEdit(switch, on=False)
        case SenderAudienceEdit(change=sender):
            return SenderAudienceEdit(sender, back=before, left=after)
        case _:
            raise TypeError(edit)


def _of_template(workload: str, name: str) -> str:
    """Return the path of a field of the template that runs; a job has one more around its tasks."""
    return f"template.template.{name}" if "/jobs/" in workload else f"template.{name}"


def _set(change: object, document: Json, path: str) -> Json:
    match change:
        case SetIngress(ingress=ingress):
            return put(document, path, INGRESS[ingress])
        case AddAudience(audience=audience):
            there = list(document.get("customAudiences", ()))
            return document if audience in there else put(document, path, [*there, audience])
        case EnableDefaultUrl():
            return put(document, path, None)
        case SetInvokerCheck(on=on):
            return put(document, path, None if on else True)
        case SetRuntimeAccount(email=email):
            return put(document, path, email)
        case SetVpcEgress():
            return put(document, path, _vpc_access(change, at(document, path)))
        case _:
            raise TypeError(change)


def _vpc_access(change: SetVpcEgress, there: Json | None) -> Json:
    access = dict(there or {})
    access["egress"] = EGRESS[change.egress]
    joined = bool(access.get("connector") or access.get("networkInterfaces"))
    if not joined:
        named = {"network": change.network, "subnetwork": change.subnetwork}
        interface = {key: value for key, value in named.items() if value}
        if not interface:
            raise UnsafeError("It has no VPC network to send traffic through: name one and a subnetwork first.")
        access["networkInterfaces"] = [interface]
    return access


def _set_back(change: object, document: Json, paths: tuple[str, ...], back: Json, left: Json) -> Json:
    if isinstance(change, AddAudience):
        there = [one for one in document.get("customAudiences", ()) if one != change.audience]
        same = there == list(document.get("customAudiences", ()))
        return document if same else put(document, "customAudiences", there or None)
    if any(path not in back for path in paths):
        raise UnsafeError("Its receipt does not keep what was there before.")
    if all(at(document, path) == back.get(path) for path in paths):
        return document
    for path in paths:
        if at(document, path) != left.get(path):
            raise ChangedAgainError(f"{path} was changed again since; it is left as it is.")
        document = put(document, path, back.get(path))
    return document
