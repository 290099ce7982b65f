"""Does the callee's ingress let this network path in? The front end answers 404 before it looks at any token."""

from __future__ import annotations

from collections.abc import Iterator

from ..answers.author import Author, read
from ..answers.observed import Sight
from ..model.answer import CannotTell
from ..model.caller import Caller, CallerKind, Origin, Place, PrivateZone, Sending
from ..model.caller_kinds import TokenFrom, declared, name_of
from ..model.change import Advise, Change, SetIngress, SetVpcEgress
from ..model.clienterror import ClientError, ErrorFamily
from ..model.evidence import Exchange, LogEntry, LogKind
from ..model.exported import Export
from ..model.fact import Fact, Known, Obstacle, Unknown, value_of
from ..model.finding import NO_ANSWER, Finding, Prediction, Stage
from ..model.http import Call, Response, TestCalls
from ..model.load_balancer import LoadBalancer
from ..model.run import Domain, Egress, Ingress, Service, host_of, is_made_by_google
from ..say import Say
from .common import ANYWHERE, INGRESS, PRIVATE_NETWORKING, forbidden, not_read
from .network_path import leads_inside, same_network_side
from .public_intent import error_of, said
from .registry import Judgement, rule


@rule(
    "ingress/service-perimeter",
    see="https://docs.cloud.google.com/run/docs/securing/using-vpc-service-controls",
    predicts=Prediction(ANYWHERE.stages, frozenset({403, 404})),
)
def service_perimeter(
    logs: Fact[tuple[LogEntry, ...]],
    logged: Fact[int],
    sight: Fact[Sight],
    errors: Fact[tuple[ClientError, ...]],
    origin: Fact[Origin],
) -> Judgement:
    """VPC Service Controls refused the call.

    What happens: A service perimeter around the project refuses calls from outside it. With internal ingress that looks
    like 404, with ingress `all` like 403; either way the request log has no entry.

    Confirm: The policy audit log has an entry for `run.googleapis.com/HttpIngress`.

    Fix: An ingress rule of the perimeter for this caller, decided by its owner.

    Danger: The rule opens the perimeter for every service that it names.
    """
    seen = value_of(sight)
    advice = Advise("perimeter-rule", "Ask the perimeter's owner for an ingress rule that lets this caller in.")
    entry = next((e for e in value_of(logs) or () if _names_ingress(e)), None)
    told = error_of(value_of(errors) or (), ErrorFamily.PERIMETER_DENIED)
    if entry is None and told is not None:
        taken = "the request that this message is about is the failing call"
        return Finding("a service perimeter refused the call", (said(told),), (advice,), (taken,))
    if entry is None and seen is not None and seen.author is Author.PERIMETER:
        place = value_of(origin)
        if place is not None and place.place in {Place.VPC, Place.GOOGLE}:
            return CannotTell("a service perimeter refused this tool's call; whether it lets the caller in is not read")
        taken = "nothing but a service perimeter refuses so"
        return Finding("a service perimeter refused the call", (seen.because,), (advice,), (taken,))
    if entry is None:
        unread = forbidden(logged)
        alike = seen is not None and seen.author in {Author.FRONT_END_404, Author.INVOKER_CHECK}
        return CannotTell("the policy audit log was not read", unread) if alike and unread else None
    because = (
        Say(
            "the policy audit log names {method_name}",
            method_name=entry.method_name or "run.googleapis.com/HttpIngress",
        ),
    )
    return Finding("a service perimeter refused the call", because, (advice,))


def _names_ingress(entry: LogEntry) -> bool:
    words = f"{entry.method_name} {entry.details} {entry.message}"
    return entry.kind is LogKind.AUDIT_POLICY and "HttpIngress" in words


@rule("ingress/custom-domain", see=INGRESS)
def custom_domain(
    sending: Sending,
    origin: Origin,
    ingress: Ingress,
    service: Fact[Service],
    call: Call,
    caller: Fact[Caller],
    domain: Fact[Domain],
    load_balancer: Fact[LoadBalancer],
) -> Judgement:
    """A Google product calls a custom domain, and only the run.app URL counts as internal.

    What happens: Scheduler, Tasks, Pub/Sub, Eventarc and Workflows of the same project count as internal when they call
    the service's run.app URL. Through a custom domain the same call is refused with 404.

    Confirm: The target is not a run.app URL, and the ingress is internal.

    Fix: Let it call the run.app URL.

    Danger: None.
    """
    known = value_of(service)
    if origin.place is not Place.GOOGLE or ingress not in _INTERNAL or known is None or is_made_by_google(call.url):
        return None
    mapped, balancer = _is_mapped(call, domain), value_of(load_balancer)
    if (ingress is Ingress.INTERNAL_AND_LB and not mapped) or (balancer is not None and balancer.internal):
        return None  # the host may be a load balancer's
    asked = value_of(caller)
    name = name_of(asked) if asked else sending.product
    fixes: list[Change] = [
        Advise("use-run-app-url", Say("Have {name} call {url}, with that as the audience.", name=name, url=known.url))
    ]
    if not mapped:
        fixes.append(
            Advise(
                "allow-load-balancer",
                Say("Let the service accept calls from load balancers too, if {host} belongs to one.", host=call.host),
                (SetIngress(known.full_name, Ingress.INTERNAL_AND_LB),),
                widens=True,
            )
        )
    return Finding(
        Say("{name} calls {host}, and only the run.app URL counts as internal", name=name, host=call.host),
        (
            Say("ingress is {ingress}", ingress=ingress),
            Say(
                "calls from {product} count as internal at {host} only",
                product=Say(sending.product),
                host=host_of(known.url),
            ),
        ),
        tuple(fixes),
    )


def _is_mapped(call: Call, domain: Fact[Domain]) -> bool:
    """Whether the host is a domain mapping's: that is the internet to ingress, whichever load balancers it takes.

    Source: https://docs.cloud.google.com/run/docs/securing/ingress
    """
    found = value_of(domain)
    return found is not None and found.host == call.host


_RUN = "run.googleapis.com"
_INTERNAL = (Ingress.INTERNAL, Ingress.INTERNAL_AND_LB)


@rule("ingress/none", see=INGRESS)
def none(service: Service, ingress: Ingress) -> Judgement:
    """The service lets no traffic in at all.

    What happens: Its ingress is `none`: every call gets the front end's 404 page, from wherever it comes.

    Confirm: `gcloud run services describe SERVICE --format='value(metadata.annotations)'` shows the ingress.

    Fix: Choose an ingress: `internal`, `internal-and-cloud-load-balancing` or `all`.

    Danger: `all` opens the network path to the internet; keep the invoker check on.
    """
    if ingress is not Ingress.NONE:
        return None
    return Finding(
        Say("{service} accepts no traffic: its ingress is none", service=service.id),
        ("ingress is none",),
        (
            SetIngress(service.full_name, Ingress.INTERNAL),
            SetIngress(service.full_name, Ingress.INTERNAL_AND_LB),
            SetIngress(service.full_name, Ingress.ALL),
        ),
    )


@rule("ingress/not-applied", see=INGRESS)
def not_applied(
    service: Service, ingress: Ingress, wanted_ingress: Fact[Ingress], exports: Fact[tuple[Export, ...]]
) -> Judgement:
    """The ingress setting was changed and is not in effect yet.

    What happens: The requested setting and the one that the front end uses differ, because the change is still
    being rolled out or its revision failed. Until then the old setting decides.

    Confirm: `gcloud run services describe SERVICE` shows `run.googleapis.com/ingress` and `…/ingress-status` apart, or
    that the service is reconciling.

    Fix: Wait for the change, or repair the failing revision.

    Danger: None.
    """
    told = (value_of(wanted_ingress), service.wanted_ingress, _wanted_in(value_of(exports) or (), service.id))
    wanted = next((one for one in told if one is not None and _opens(one) > _opens(ingress)), None)
    if wanted is None and isinstance(wanted_ingress, Unknown) and wanted_ingress.obstacle is not Obstacle.NOT_ASKED:
        return CannotTell("the ingress that was asked for was not read", (wanted_ingress,))
    if wanted is None:
        return None
    because: list[str] = [
        Say("ingress {wanted} was requested, but {ingress} is in effect", wanted=wanted, ingress=ingress)
    ]
    if service.reconciling:
        because.append("the service is still reconciling")
    if service.failing:
        because.append(Say("its latest revision does not serve: {failing}", failing=service.failing))
    advice = Advise("wait-for-ingress", "Wait until the change takes effect, or repair the failing revision.")
    return Finding(
        Say("the ingress of {service} is still {ingress}", service=service.id, ingress=ingress),
        tuple(because),
        (advice,),
    )


def _wanted_in(exports: tuple[Export, ...], name: str) -> Ingress | None:
    """The v1 export shows the ingress that was asked for, which v2 does not."""
    services = (e.service for e in exports if e.service is not None)
    return next((s.wanted_ingress for s in services if s.id == name and s.wanted_ingress), None)


def _opens(ingress: Ingress) -> int:
    return (Ingress.NONE, Ingress.INTERNAL, Ingress.INTERNAL_AND_LB, Ingress.ALL).index(ingress)


@rule("ingress/load-balancer-only", see=INGRESS)
def load_balancer_only(
    service: Service,
    ingress: Ingress,
    origin: Origin,
    call: Call,
    calls: Fact[TestCalls],
    seen: Fact[Response],
    domain: Fact[Domain],
) -> Judgement:
    """The service is reached through its load balancer only, and its own URL was called from outside.

    What happens: With ingress `internal-and-cloud-load-balancing`, the run.app URL and mapped domains answer 404 to
    callers outside the VPC; the external Application Load Balancer in front of it is the way in.

    Confirm: The same request to the load balancer's host works.

    Fix: Call the load balancer's URL, and declare its host as a custom audience, so that tokens for it are accepted.

    Danger: Setting ingress to `all` opens a way around the load balancer, its Cloud Armor rules and its IAP.
    """
    if ingress is not Ingress.INTERNAL_AND_LB or not (is_made_by_google(call.url) or _is_mapped(call, domain)):
        return None
    if origin.place not in {Place.INTERNET, Place.HERE} or _gets_in_from_here(origin, calls, seen):
        return None
    return Finding(
        Say(
            "{service} accepts calls from its VPC and load balancers only, and {host} was called from the internet",
            service=service.id,
            host=call.host,
        ),
        (Say("ingress is {ingress}", ingress=ingress), _where(origin, seen)),
        (
            Advise("call-load-balancer", "Call the load balancer's URL, and add its host to the custom audiences."),
            SetIngress(service.full_name, Ingress.ALL),
        ),
        _assuming(origin, calls, seen),
    )


@rule("ingress/private-ranges-only", see=PRIVATE_NETWORKING, after="ingress/other-project")
def private_ranges_only(
    service: Service,
    ingress: Ingress,
    origin: Origin,
    zones: Fact[tuple[PrivateZone, ...]],
    call: Call,
    caller: Caller,
    caller_service: Fact[Service],
    domain: Fact[Domain],
) -> Judgement:
    """The caller's VPC egress carries private ranges only, so the call leaves over the internet.

    What happens: run.app resolves to public addresses. With egress `private-ranges-only` such a call does not enter the
    VPC, and a service with internal ingress answers 404. A private DNS zone for run.app would send it inside.

    Confirm: `gcloud run services describe CALLER` shows the egress setting; `gcloud dns managed-zones list` shows no
    private zone for run.app.

    Fix: Send all of the caller's traffic through the VPC and turn Private Google Access on for its subnet, or add a
    private zone for run.app that resolves to private.googleapis.com.

    Danger: With all traffic in the VPC, internet calls of the caller need Cloud NAT. A private zone changes run.app for
    everything in that VPC.
    """
    if ingress not in _INTERNAL or origin.place is not Place.VPC or origin.egress is not Egress.PRIVATE_RANGES_ONLY:
        return None
    if not (is_made_by_google(call.url) or _is_mapped(call, domain)):
        return None
    unasked = isinstance(zones, Unknown) and zones.obstacle is Obstacle.NOT_ASKED
    if isinstance(zones, Unknown) and not unasked:
        return CannotTell("whether a private DNS zone for run.app is visible in the VPC could not be read", (zones,))
    if leads_inside(zones.value if isinstance(zones, Known) else (), call.host):
        return None
    fixes: list[Change] = []
    workload, function = _workload(caller, caller_service)
    if workload:
        fixes.append(SetVpcEgress(workload, Egress.ALL_TRAFFIC, function=function))
    if is_made_by_google(call.url):
        fixes.append(_zone_advice())
    fixes.append(SetIngress(service.full_name, Ingress.ALL))
    return Finding(
        Say(
            "{service} accepts internal calls only, and {caller} calls it over the internet",
            caller=name_of(caller),
            service=service.id,
        ),
        (
            Say("ingress is {ingress}", ingress=ingress),
            Say(
                "the egress of {caller} is {egress}, and {host} is a public address",
                caller=name_of(caller),
                egress=Egress.PRIVATE_RANGES_ONLY,
                host=call.host,
            ),
            *(() if unasked else (_NO_ZONE,)),
        ),
        tuple(fixes),
        (_NO_ZONE,) if unasked else (),
    )


_NO_ZONE = "no private DNS zone for run.app is visible in the VPC"


def _workload(caller: Caller, caller_service: Fact[Service]) -> tuple[str | None, str | None]:
    """Return the Cloud Run service or job that the caller is, and the function that it is made of, if of one."""
    if caller.resource and declared(caller.kind).host == _RUN:
        return caller.resource, None
    own = value_of(caller_service)
    if caller.kind is CallerKind.FUNCTION and own is not None and "/services/" in own.name:
        return own.full_name, (caller.resource or caller.asked).rstrip("/").rpartition("/")[2]
    return None, None


def _zone_advice(before: str = "") -> Advise:
    return Advise(
        "private-run-app-zone",
        Say(
            "{before} a private DNS zone for run.app whose *.run.app resolves to private.googleapis.com "
            "(199.36.153.8/30), with Private Google Access on.",
            before=before or Say("Add"),
        ),
        costs="The zone changes what run.app resolves to for everything in that VPC.",
    )


@rule("ingress/outside-vpc", see=PRIVATE_NETWORKING, after="ingress/private-ranges-only")
def outside_vpc(
    service: Service,
    ingress: Ingress,
    origin: Origin,
    caller: Fact[Caller],
    caller_service: Fact[Service],
    calls: Fact[TestCalls],
    seen: Fact[Response],
    load_balancer: Fact[LoadBalancer],
    exchanges: Fact[tuple[Exchange, ...]],
) -> Judgement:
    """The service accepts internal calls only, and the caller comes over the internet.

    What happens: Cloud Run, Cloud Run functions and App Engine callers are not internal by themselves, not even in the
    same project: without VPC egress their calls come over the internet, as a laptop's do. The front end answers 404,
    the same with and without a token, and the request log has no entry. Older captures show 403 "Access is
    forbidden.". The address of an internal load balancer does not answer them at all.

    Confirm: The answer is the same 404 page with and without a token; the caller has no VPC access setting.

    Fix: Give the caller VPC egress for all traffic with Private Google Access, or a private zone for run.app. Or set
    ingress to `all` and rely on the invoker check.

    Danger: `all` lets the internet reach the invoker check; keep that check on. VPC egress for all traffic needs Cloud
    NAT for internet calls.
    """
    balancer, known = value_of(load_balancer), value_of(caller)
    if balancer is not None and balancer.internal:
        return _out_of_its_network(service, balancer, origin, known)
    if ingress is not Ingress.INTERNAL:
        return None
    if balancer is not None:
        return _through_load_balancer(service, balancer)
    if origin.place not in {Place.INTERNET, Place.HERE} or _gets_in_from_here(origin, calls, seen):
        return None
    if known is None and any(each.failed and each.by_hand for each in value_of(exchanges) or ()):
        return CannotTell("where the caller itself calls from is not known", not_read(caller))
    return Finding(
        Say(
            "{service} accepts internal calls only, and {caller} calls it over the internet",
            service=service.id,
            caller=name_of(known) if known else "the caller",
        ),
        (Say("ingress is {ingress}", ingress=ingress), _where(origin, seen)),
        (*_ways_inside(known, origin, caller_service), SetIngress(service.full_name, Ingress.ALL)),
        _assuming(origin, calls, seen),
    )


def _ways_inside(caller: Caller | None, origin: Origin, caller_service: Fact[Service]) -> Iterator[Change]:
    """Yield how a caller that comes over the internet can call from inside a network instead."""
    workload, function = _workload(caller, caller_service) if caller else (None, None)
    kind = caller.kind if caller else None
    if caller and (workload or kind is CallerKind.FUNCTION):
        egress = SetVpcEgress(workload, Egress.ALL_TRAFFIC, "default", "default", function) if workload else None
        yield egress or _function_egress(caller)
        name = name_of(caller)
        yield _zone_advice(Say("Give {caller} VPC egress for private ranges, and add to that VPC", caller=name))
    elif caller and kind is CallerKind.APP_ENGINE:
        yield _app_engine_egress(caller)
    elif origin.place is Place.HERE or (kind and declared(kind).token is TokenFrom.HAND):
        yield Advise("call-from-inside", "Call it from inside the VPC, over VPN, or from a VM of the project.")
    if kind is CallerKind.FUNCTION:
        yield _load_balancer_advice()


def _out_of_its_network(
    service: Service, balancer: LoadBalancer, origin: Origin, caller: Caller | None
) -> Finding | None:
    """An internal load balancer has a private address, to which nothing leads from outside its network.

    Source: https://docs.cloud.google.com/load-balancing/docs/l7-internal
    """
    if origin.place not in {Place.INTERNET, Place.GOOGLE} or origin.assumed:
        return None
    if caller is None or caller.resource is None or caller.kind is CallerKind.FEDERATION:
        return None  # somebody's own machine may be in the network, by a VPN
    name = name_of(caller)
    into = Say(
        "Give {caller} VPC egress into the network of the load balancer {balancer}.", caller=name, balancer=balancer.id
    )
    past = Say("Have {caller} call {url}, with that as the audience.", caller=name, url=service.url)
    by_google = origin.place is Place.GOOGLE or declared(caller.kind).token is TokenFrom.PRODUCT
    return Finding(
        Say("{caller} calls {host}, which is reached from inside a VPC network only", caller=name, host=balancer.host),
        (
            Say("{balancer} is an internal Application Load Balancer", balancer=balancer.id),
            Say("{caller} does not call from a VPC network", caller=name),
        ),
        (Advise("use-run-app-url", past) if by_google else Advise("enter-network", into),),
        predicts=Prediction(frozenset({Stage.REACH, Stage.INGRESS}), frozenset({NO_ANSWER, 404})),
    )


def _through_load_balancer(service: Service, balancer: LoadBalancer) -> Finding:
    """What comes through an external load balancer is not internal.

    Source: https://docs.cloud.google.com/run/docs/securing/ingress
    """
    return Finding(
        Say(
            "{service} accepts internal calls only, and {host} is called through an external load balancer",
            service=service.id,
            host=balancer.host,
        ),
        (
            Say("ingress is {ingress}", ingress=Ingress.INTERNAL),
            Say("{balancer} is an external Application Load Balancer", balancer=balancer.id),
        ),
        (SetIngress(service.full_name, Ingress.INTERNAL_AND_LB), SetIngress(service.full_name, Ingress.ALL)),
    )


def _function_egress(caller: Caller) -> Advise:
    name = (caller.resource or caller.asked).rstrip("/").rsplit("/", 1)[-1]
    return Advise(
        "function-vpc-egress",
        Say(
            "Deploy {name} again, from its own source (--source), with --vpc-connector and --egress-settings=all, and "
            "turn Private Google Access on for the connector's subnet.",
            name=name,
        ),
        costs=_CONNECTOR_COSTS,
    )


_CONNECTOR_COSTS = "You pay for the connector's instances, and calls to the internet then need Cloud NAT."


def _app_engine_egress(caller: Caller) -> Advise:
    return Advise(
        "app-engine-vpc-egress",
        Say(
            "Deploy {caller} with a vpc_access_connector and egress_setting: all-traffic in its app.yaml, and turn "
            "Private Google Access on for the connector's subnet.",
            caller=name_of(caller),
        ),
        costs=_CONNECTOR_COSTS,
    )


def _load_balancer_advice() -> Advise:
    return Advise(
        "internal-load-balancer",
        "Put an internal Application Load Balancer in front of the service, call it through the VPC, and declare its "
        "host as a custom audience.",
        costs="You pay for its proxies; run.app stays as it is for everything else.",
    )


def _where(origin: Origin, seen: Fact[Response]) -> str:
    pasted = value_of(seen)
    if origin.place is Place.HERE and pasted is not None and _stops(read(pasted, with_token=None).stages):
        return "the answer shows that the call did not count as internal"
    if origin.place is Place.HERE:
        why = origin.assumed or "where the caller runs is not known"
        return Say("the call is assumed to come over the internet ({why})", why=why)
    return "the caller has no VPC egress, so its calls come over the internet"


def _gets_in_from_here(origin: Origin, calls: Fact[TestCalls], seen: Fact[Response]) -> bool:
    """Tell whether a call from here was seen to pass ingress: then this place is inside, whatever one thinks."""
    stages = _stages_from_here(calls, seen) if origin.place is Place.HERE else None
    return stages is not None and not stages & {Stage.REACH, Stage.INGRESS}


def _stages_from_here(calls: Fact[TestCalls], seen: Fact[Response]) -> frozenset[Stage] | None:
    pasted, made = value_of(seen), value_of(calls)
    here = made.without_token if made is not None else None
    if pasted is not None:
        shown = read(pasted, with_token=None)
        # a bare status tells less than the same status got from here
        if shown.author is not Author.UNCERTAIN or here is None or here.status != pasted.status:
            return shown.stages
    return read(here, with_token=False).stages if here is not None else None


def _assuming(origin: Origin, calls: Fact[TestCalls], seen: Fact[Response]) -> tuple[str, ...]:
    """A place that was only guessed is an assumption, until a call from it was stopped where ingress stops calls."""
    if origin.place is not Place.HERE or _stops(_stages_from_here(calls, seen) or frozenset()):
        return ()
    return ("the caller is outside the VPC, as this machine is assumed to be",)


def _stops(stages: frozenset[Stage]) -> bool:
    """Whether an answer of these stages can only be that of what stands before any token is looked at."""
    return bool(stages) and stages <= {Stage.REACH, Stage.INGRESS}


@rule("ingress/other-project", see=INGRESS)
def other_project(
    service: Service, ingress: Ingress, origin: Origin, caller: Caller, load_balancer: Fact[LoadBalancer]
) -> Judgement:
    """The caller's VPC, job, queue, topic or trigger belongs to another project than the service.

    What happens: Internal means: from VPC networks or Google products of the same project, from the Shared VPC network
    that the service's own revision is attached to, or from inside one service perimeter. To it, everything else
    is the internet, and gets 404.

    Confirm: Compare the project of the caller's network with that of the service.

    Fix: Attach the service's revision to the same Shared VPC, put both into one service perimeter, or go through an
    internal Application Load Balancer.

    Danger: A perimeter affects every call to its restricted services; plan it with the organization's owner.
    """
    if ingress not in _INTERNAL or isinstance(load_balancer, Known):
        return None  # through a load balancer, its own network path counts
    if origin.place is Place.GOOGLE:
        return _other_project_of_product(service, ingress, origin, caller)
    if origin.place is not Place.VPC or same_network_side(service, origin):
        return None
    if service.project.isdigit():
        return CannotTell("whether both networks belong to one project cannot be told from a project number")
    return Finding(
        Say(
            "{caller} calls from the network {network}, which is not internal to {service}",
            caller=name_of(caller),
            network=origin.network or "?",
            service=service.id,
        ),
        (
            Say("ingress is {ingress}", ingress=ingress),
            Say("the service is in the project {project} and not attached to that network", project=service.project),
        ),
        (
            Advise(
                "attach-shared-vpc",
                Say(
                    "Attach {service} to that Shared VPC network, or put an internal Application Load Balancer in "
                    "front of it and call that.",
                    service=service.id,
                ),
            ),
            SetIngress(service.full_name, Ingress.ALL),
        ),
        ("no service perimeter joins the two projects",),
    )


def _other_project_of_product(service: Service, ingress: Ingress, origin: Origin, caller: Caller) -> Judgement:
    """Scheduler, Pub/Sub and their like are internal to services of their own project only."""
    if origin.project is None or origin.project == service.project:
        return None
    if origin.project.isdigit() != service.project.isdigit():
        return CannotTell("whether both belong to one project cannot be told from a project number")
    return Finding(
        Say(
            "{caller} belongs to the project {project}, which is not internal to {service}",
            caller=name_of(caller),
            project=origin.project,
            service=service.id,
        ),
        (
            Say("ingress is {ingress}", ingress=ingress),
            Say("the service is in the project {project}", project=service.project),
        ),
        (
            Advise(
                "same-project",
                Say(
                    "Move {caller} to {project}, or put both into one service perimeter.",
                    caller=name_of(caller),
                    project=service.project,
                ),
            ),
            SetIngress(service.full_name, Ingress.ALL),
        ),
        ("no service perimeter joins the two projects",),
    )
