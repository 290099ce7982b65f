"""A Cloud Build trigger, or any build: it calls as its own account, else as the project's default for builds.

Which account is the default depends on the project's age and on organization policies, and Cloud Build tells it; where
that cannot be read, both come into question. A build's metadata server gives access tokens only, so its ID tokens are
made by impersonation: `gcloud auth print-identity-token --impersonate-service-account`, or `generateIdToken`, for which
the account needs a token creator role on itself or on the account that calls.
Documentation: https://docs.cloud.google.com/build/docs/cloud-build-service-account-updates,
https://docs.cloud.google.com/build/docs/securing-builds/authorize-service-to-service-access
"""

from __future__ import annotations

from functools import partial
from typing import Final

from ...gcp import methods
from ...gcp.products import accounts, projects, workloads
from ...google_json.workloads import BuildTrigger
from ...model.caller import Caller, CallerKind, Origin, Place
from ...model.fact import Absent, Fact, Known, Obstacle, Source, Unknown
from ...model.iam import Principal
from ..parallel import Future
from ..unanswerable import UnanswerableError
from .kind import LookupContext, ResolvedCaller, given
from .lookup import Looked, missing, read_each, start, start_project
from .runtime_identity import compute_default, unread

DEFAULT: Final = "default"
"""Stands for a build without an account of its own, by hand or by any trigger."""

_GLOBAL: Final = "global"
_BY_FILE: Final = "its build's file, which is not read, names no private pool"


def resolve(asked: str, name: str, context: LookupContext) -> ResolvedCaller:
    """Resolve a trigger by its name or id, also `projects/P/triggers/T`; or `default`, a build without its own account.

    Raises:
        UnanswerableError: there is one of this name in the callee's region, and a global one.
    """
    parts = name.removeprefix(f"//{methods.BUILD_TRIGGER.host}/").split("/")
    full = parts[0] == "projects" and len(parts) > 3
    project = parts[1] if full else context.project
    whole = full and parts[2] == "locations"
    places = [parts[3]] if whole else [_GLOBAL] if full else list(dict.fromkeys((context.region or _GLOBAL, _GLOBAL)))
    reading = start_project(context, project)
    default = start(
        context, "the account of builds", lambda: workloads.default_build_account(context.google, project, places[0])
    )
    if not full and parts == [DEFAULT]:
        caller = given(Caller(asked, CallerKind.CLOUD_BUILD))
        who = _default(context, default.get(), reading.get())
        origin = Origin(Place.INTERNET, project, assumed="the build runs in no private pool")
        return ResolvedCaller(caller, who, Known(origin, who.source))
    looked = _look(context, asked, project, parts[-1], places, reading)
    caller = given(Caller(asked, CallerKind.CLOUD_BUILD, looked.full_name(methods.BUILD_TRIGGER.host)))
    if not isinstance(looked.value, Known):
        unknown = missing(looked, "build trigger")
        return ResolvedCaller(caller, unknown, unknown)
    trigger, source = looked.value.value, looked.value.source
    if trigger.account is not None:
        return ResolvedCaller(caller, _named(trigger.account, source), _origin(trigger, looked))
    who = _default(context, default.get(), looked.project)
    return ResolvedCaller(caller, who, _origin(trigger, looked))


def _look(
    context: LookupContext,
    asked: str,
    project: str,
    short: str,
    places: list[str],
    reading: Future[Fact[projects.Project]],
) -> Looked[BuildTrigger]:
    names = [f"projects/{project}/locations/{place}/triggers/{short}" for place in places]
    read = read_each(context, names, partial(workloads.build_trigger, context.google))
    found = [(name, fact) for name, fact in read if not isinstance(fact, Absent)] or read
    known = [name for name, fact in found if isinstance(fact, Known)]
    if len(known) > 1:
        choices = tuple(f"build/{name}" for name in known)
        raise UnanswerableError(f"{len(known)} build triggers are called {short}: pass {asked} whole.", choices)
    name, fact = next((one for one in found if one[0] in known), found[0])
    return Looked(name, fact, reading.get())


def _named(account: str, source: Source) -> Fact[Principal]:
    if "@" not in account:
        return Unknown(source, Obstacle.NOT_TOLD, f"it names its account by the id {account}: pass --caller E-MAIL")
    return Known(Principal(f"serviceAccount:{account}"), source)


def _default(context: LookupContext, told: Fact[str | None], project: Fact[projects.Project]) -> Fact[Principal]:
    """The project's default for builds, as Cloud Build tells it; else the only one of both that can be."""
    if isinstance(told, Known):
        if told.value is not None:
            return Known(Principal(f"serviceAccount:{told.value}"), told.source)
        return Absent(Source(told.source.read, f"{told.source.target}: builds have no account by default"))
    compute = compute_default(project, told.source)
    if not isinstance(compute, Known) or not isinstance(project, Known):
        return unread(project) if not isinstance(project, Known) else compute
    legacy = f"{project.value.number}@cloudbuild.gserviceaccount.com"
    email = compute.value.email or ""
    account = accounts.account(context.google, email)
    if isinstance(account, Absent):
        return Known(Principal(f"serviceAccount:{legacy}"), account.source)
    detail = f"no account is set, and the default is {email} in newer projects and {legacy} in older ones: "
    permission = told.permission if isinstance(told, Unknown) else None
    obstacle = told.obstacle if isinstance(told, Unknown) else Obstacle.NOT_TOLD
    return Unknown(told.source, obstacle, f"{detail}pass --caller with one of them", permission)


def _origin(trigger: BuildTrigger, looked: Looked[BuildTrigger]) -> Fact[Origin]:
    """Builds run outside of all VPCs, but for those in private pools, which may be joined to one."""
    source = looked.value.source
    if trigger.pool is not None:
        detail = f"it runs in the private pool {trigger.pool}, whose network is not read"
        return Unknown(source, Obstacle.NOT_TOLD, detail)
    return Known(Origin(Place.INTERNET, looked.project_id, assumed=_BY_FILE if trigger.by_file else ""), source)
