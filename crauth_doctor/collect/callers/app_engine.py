"""An App Engine service that calls: as its version's account, through a connector where it has one.

Documentation: https://docs.cloud.google.com/appengine/docs/standard/configure-service-accounts,
https://docs.cloud.google.com/appengine/docs/standard/connecting-vpc
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...gcp import methods
from ...gcp.products import workloads
from ...gcp.products.projects import Project
from ...google_json.workloads import Workload
from ...model.caller import Caller, CallerKind
from ...model.fact import Absent, Fact, Known, Unknown, value_of
from ...model.iam import Principal
from .kind import LookupContext, ResolvedCaller, given
from .lookup import start, start_project
from .runtime_identity import app_default, origin_of, running_as, unread

_HOST: Final = methods.APP_SERVICE.host


def resolve(asked: str, name: str, context: LookupContext) -> ResolvedCaller:
    """Resolve a service, by its short name or `apps/APP/services/SERVICE`: the version that has most of its traffic."""
    relative = name.removeprefix(f"//{_HOST}/")
    relative = relative if relative.startswith("apps/") else f"apps/{context.project}/services/{relative}"
    app = relative.split("/")[1]
    caller = given(Caller(asked, CallerKind.APP_ENGINE, f"//{_HOST}/{relative}"))
    project = start_project(context, app)
    split = start(context, "its traffic split", lambda: workloads.app_split(context.google, relative))
    versions = workloads.app_versions(context.google, relative)
    shares = split.get()
    if isinstance(versions, Unknown):
        return ResolvedCaller(caller, versions, versions)
    known = versions.value if isinstance(versions, Known) else ()
    if isinstance(shares, Absent) and not known:
        return ResolvedCaller(caller, unread(shares), unread(shares))
    owner = project.get()
    version, source = _most_used(known, value_of(shares) or {}), versions.source
    set_up = Known(Principal(f"serviceAccount:{version.account}"), source) if version.account else None
    principal = set_up or _of_app(app, owner, context)
    if isinstance(versions, Absent):
        return ResolvedCaller(caller, principal, unread(versions))
    home = owner.value.id if isinstance(owner, Known) else app
    return ResolvedCaller(caller, principal, origin_of(version.vpc, home, "", source, context))


def _of_app(app: str, owner: Fact[Project], context: LookupContext) -> Fact[Principal]:
    """The account of the whole app, which versions run as that name none: one that is set, else the default."""
    account = workloads.app_account(context.google, app)
    if isinstance(account, Unknown):
        return account
    return running_as(value_of(account), app_default(owner, account.source), account.source)


def _most_used(versions: tuple[tuple[str, Workload], ...], shares: Mapping[str, float]) -> Workload:
    """The version with the largest share; of equal ones the newest, which stands first. Without any, nothing is set."""
    return max(versions, key=lambda one: shares.get(one[0], 0.0), default=("", Workload(None)))[1]
