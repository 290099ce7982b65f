"""The settings that a paste shows: whose they are, and what is read of them by the plan by which Google is read."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final

from ...deferred import regex
from ...evidence import call_facts, calls_another_path, services_called
from ...google_json import json_access as look
from ...google_json.services import vpc_access
from ...model.address import Deterministic, Hashed, OfFunction, below_function, names_another, parse_url
from ...model.asks.said import Said
from ...model.caller import Origin, Place
from ...model.caller_kinds import TokenFrom, named
from ...model.document import TROUBLESHOOTER
from ...model.evidence import Evidence
from ...model.fact import SHOWN_BESIDE, Known, Obstacle, Source, Unknown, value_of
from ...model.facts import NOT_ASKED, Facts
from ...model.iam import Principal
from ...model.run import host_of, is_local, is_run_app

if TYPE_CHECKING:
    from ...collect.callers.kind import ResolvedCaller
    from ...collect.doors.document import DocumentDoor
    from ...model.document import Document

_RUN: Final = "//run.googleapis.com/"
_FUNCTIONS: Final = "//cloudfunctions.googleapis.com/"
_PROJECTS: Final = "//cloudresourcemanager.googleapis.com/projects/"
_SOME: Final = "projects/-/locations/-/services/-"
_RUN_APP: Final = regex(r"https://[\w.-]{1,200}\.(?:run\.app|cloudfunctions\.net)[^\s'\"]{0,1000}")
_SECONDS: Final = 20.0
_UNSEEN: Final = frozenset({Obstacle.NOT_ASKED, Obstacle.NOT_IN_DOCUMENT})


def settings_of(given: Evidence, said: Said) -> Facts:
    """Read the settings that are shown, of the one service that is called, by the plan by which Google is read."""
    document = given.document
    if not (document.resources or document.iam or document.deny or document.org_policies):
        return Facts()
    # the read plan is long, and most pastes show no settings
    from ...collect.doors.document import DocumentDoor
    from ...collect.question import Question
    from ...collect.readings import collect
    from ...collect.unanswerable import UnanswerableError

    call = call_facts(Facts(), given, said)
    name = _callee(given, call)
    url = _url(call)
    made = value_of(call.call)
    sender = None if made is not None and is_local(made.host) else _sender(given, url or "", name)
    is_told = sender or isinstance(call.caller, Known) or isinstance(call.principal, Known)
    beside = None if is_told or any(map(said.get, _OF_A_CALLER_SAID)) else _workload_beside(given, name)
    question = Question(
        service=name,
        caller=sender or beside,
        url=url,
        method=_method(call),
        send_calls=False,
        says_it_fails=True,
        seconds=_SECONDS,
        known=None if sender or beside else _known(call),
    )
    door = DocumentDoor(document, _SECONDS, callee=name.rsplit("/", 1)[-1])
    with suppress(UnanswerableError):
        facts = _only_shown(_troubleshot(collect(question, door), door), is_named=url is not None)
        return _taken_for_the_caller(facts, beside, document.resources[beside]) if beside else facts
    return Facts()


def _workload_beside(given: Evidence, callee: str) -> str | None:
    """Return the one workload of the callee's project that is shown beside it, where nobody made the call by hand.

    Whoever shows another one most often means that it calls.
    """
    from ...collect.doors.names import ANY, Aliases, same

    names = [name for name in given.document.resources if (kind := named(name)) is not None and kind[0].runs_code]
    own = callee.rpartition("/")[2]
    others = [
        name
        for name in names
        if not same(name, f"{_RUN}{callee}")
        and not (name.startswith(_FUNCTIONS) and below_function(name.rpartition("/")[2]) == own)
    ]
    if len(others) != 1 or any(each.failed and each.by_hand for each in given.exchanges):
        return None
    alias = Aliases(given.document.resources)
    project, own = (alias.canonical(name).split("/")[4] for name in (others[0], f"{_RUN}{callee}"))
    return others[0] if project in {own, ANY} else None


_OF_A_CALLER_SAID: Final = ("caller", "account", "network")
_OF_A_CALLER: Final = ("caller", "principal", "account", "origin", "caller_service", "subnetwork", "zones")


def _taken_for_the_caller(facts: Facts, name: str, shown: look.Json) -> Facts:
    """Mark what was read of the caller: that it is the caller is taken for granted.

    Where its connector is not shown, its egress is: which traffic enters a network that nothing names. Where only a
    part of it is shown, its account and its egress may be.
    """
    account = look.text(shown, "template", "serviceAccount")
    if account is not None and not isinstance(facts.principal, Known):
        facts = replace(facts, principal=Known(Principal(f"serviceAccount:{account}"), facts.caller.source))
    own = value_of(facts.caller_service)
    part = look.mapping(shown, "template", "vpcAccess")
    access = own.vpc_access if own is not None else vpc_access(part, "-", "-") if "egress" in part else None
    if access is not None and not isinstance(facts.origin, Known):
        origin = Origin(Place.VPC, name.split("/")[4], access.egress)
        facts = replace(facts, origin=Known(origin, facts.caller_service.source), zones=NOT_ASKED)
    source = Source(SHOWN_BESIDE, name)
    read = {each: getattr(facts, each) for each in _OF_A_CALLER}
    changed: dict[str, Any] = {
        each: Known(fact.value, source) for each, fact in read.items() if isinstance(fact, Known)
    }
    return replace(facts, **changed)


def _troubleshot(facts: Facts, door: DocumentDoor) -> Facts:
    """Return the facts with Policy Troubleshooter's word, also where the policies would not make anybody ask for it."""
    principal = value_of(facts.principal)
    if isinstance(facts.troubleshot, Known) or principal is None or principal.email is None:
        return facts
    if not any(name.startswith(TROUBLESHOOTER) for name in door.document.resources):
        return facts
    from ...gcp.products.troubleshooter import may_invoke

    return replace(facts, troubleshot=may_invoke(door, principal.email, facts.service.source.target))


def _callee(given: Evidence, call: Facts) -> str:
    """Return the relative name of the service that is called: the one that is shown, or what the URL tells of it."""
    if shown := services_called(given):
        return [*shown][-1]
    known = value_of(call.call)
    url = known.url if known is not None else ""
    match parse_url(url):
        case Deterministic(name, number, region):
            return _by_id(given.document, f"projects/{number}/locations/{region}/services/{name}")
        case Hashed(name):
            fitting = [each for each in _services(given.document) if _id(each) == name]
            elsewhere = f"projects/{_project(given.document)}/locations/-/services/{name}"
            return fitting[0] if len(fitting) == 1 else elsewhere
        case _:
            own = _services(given.document)
            is_shown = any(each.service for each in given.exports)
            return own[0] if len(own) == 1 and not is_shown and not names_another(url, {_id(own[0])}) else _SOME


def _services(document: Document) -> list[str]:
    """Return every service of which anything is shown, also what Policy Troubleshooter says of it."""
    names = dict.fromkeys(each.rpartition(" ")[2] for each in (*document.iam, *document.resources))
    return [name.removeprefix(_RUN) for name in names if name.startswith(_RUN) and "/services/" in name]


def _project(document: Document, otherwise: str = "-") -> str:
    """Return the id of the only project of which a policy is shown: the service's, where nothing else tells that."""
    shown = [name for name in document.iam if name.startswith(_PROJECTS)]
    return shown[0].removeprefix(_PROJECTS) if len(shown) == 1 else otherwise


def _id(name: str) -> str:
    return name.rpartition("/")[2]


def _by_id(document: Document, name: str) -> str:
    """Return the name under which something is shown of a service whose URL tells the project's number alone."""
    place = name.split("/", 2)[2]
    fitting = {each for each in _services(document) if each.split("/", 2)[2:] == [place]}
    numbers = {look.text(each, "projectNumber") or look.text(each, "name") for each in document.resources.values()}
    is_told = {name.split("/")[1], "/".join(name.split("/")[:2])} & numbers
    if is_told:
        return name
    return fitting.pop() if len(fitting) == 1 else f"projects/{_project(document, name.split('/')[1])}/{place}"


def _sender(given: Evidence, url: str, callee: str) -> str | None:
    """Return the full name of the product's resource that makes the call: one that is set to call this host first.

    What calls over the internet makes none that somebody shows to have made at the service itself, and what is set to
    call another service of Cloud Run, or another path than the one that was refused, makes none to this one.
    """
    resources = given.document.resources
    kinds = [(name, kind[0]) for name in resources if (kind := named(name)) is not None]
    direct = any(is_run_app(each.call.url) for each in given.exchanges if each.call)
    found = [name for name, kind in kinds if kind.is_sent or (kind.token is TokenFrom.PRODUCT and not direct)]
    fitting = [name for name in found if url and host_of(url) in repr(resources[name])]
    return next((name for name in (*fitting, *found) if _may_call(given, resources[name], _id(callee), url)), None)


def _may_call(given: Evidence, resource: object, callee: str, url: str) -> bool:
    """Whether what a resource is set to call may be this service, or what this URL leads to."""
    targets = _RUN_APP.findall(repr(resource))
    if calls_another_path(given, targets):
        return False
    names = {callee} if callee != "-" else _names_in(url)
    fitting = (host_of(each) == host_of(url) or not names_another(each, names) for each in targets)
    return not names or not targets or any(fitting)


def _names_in(url: str) -> set[str]:
    match parse_url(url):
        case Deterministic(name=name) | Hashed(name=name):
            return {name}
        case OfFunction(name=name) if name:
            return {below_function(name)}
        case _:
            return set()


def _url(call: Facts) -> str | None:
    """Return the URL of the failing call, where it is one that can be asked about."""
    known = value_of(call.call)
    is_usable = known is not None and not is_local(known.host) and parse_url(known.url) is not None
    return known.url if known is not None and is_usable and known.url.isprintable() and " " not in known.url else None


def _method(call: Facts) -> str:
    known = value_of(call.call)
    return known.method if known is not None else "GET"


def _known(call: Facts) -> ResolvedCaller:
    """Return what the call itself tells of who makes it."""
    from ...collect.callers.kind import ResolvedCaller

    nothing = Facts()
    return ResolvedCaller(
        call.caller,
        call.principal,
        nothing.origin,
        service=nothing.caller_service,
        sending=nothing.sending,
        token=NOT_ASKED,
        agent=NOT_ASKED,
    )


def _only_shown(facts: Facts, *, is_named: bool) -> Facts:
    """Return the facts without what the question itself put in: what is not shown was not asked."""
    nothing = Facts()
    changed: dict[str, Any] = {}
    for field in fields(Facts):
        fact, unasked = getattr(facts, field.name), getattr(nothing, field.name)
        if isinstance(fact, Unknown) and fact.obstacle in _UNSEEN and isinstance(unasked, Unknown):
            changed[field.name] = unasked
    sending = value_of(facts.sending)
    is_sent = not is_named and sending is not None and sending.target is not None
    changed |= {"now": nothing.now, "calls": nothing.calls, "call": facts.call if is_sent else nothing.call}
    return replace(facts, **changed)
