"""What a load balancer does with a call, as findings: routes, endpoint groups, Cloud Armor, certificates.

Source: https://docs.cloud.google.com/load-balancing/docs/https/setup-global-ext-https-serverless
"""

from __future__ import annotations

from ..deferred import replace
from ..iam.conditions import ConditionResult, evaluate, request_of
from ..model.answer import CannotTell, No, Yes
from ..model.change import Advise
from ..model.fact import Unknown, value_of
from ..model.facts import NOT_ASKED
from ..model.finding import NO_ANSWER, Finding, Prediction, Stage
from ..model.http import Call
from ..model.load_balancer import LoadBalancer, SecurityRule
from ..model.run import Service
from ..say import Say
from .registry import Judgement


def policy_denies(balancer: LoadBalancer | None, call: Call | None) -> Judgement:
    """Judge the backend's policy: its rules on paths and on everybody; an address that calls is seldom known."""
    if balancer is None or call is None:
        return None
    if isinstance(balancer.security, Unknown):
        return CannotTell("the load balancer's security policy was not read", (balancer.security,))
    policy = value_of(balancer.security)
    if policy is None:
        return None
    name, maybe = policy.name.rsplit("/", 1)[-1], list[str]()
    unsure = CannotTell(
        Say(
            "whether the security policy {name} lets the call in depends on details of it that are not known", name=name
        )
    )
    for each in policy.rules:
        fits = _fits(each, call)
        if fits is No:
            continue
        if fits is CannotTell or not each.action.startswith(("allow", "deny")):
            maybe.append(each.action)
            continue
        denies = each.action.startswith("deny")
        if not all(action.startswith("deny" if denies else "allow") for action in maybe):
            return unsure
        return _denied(balancer, name, each) if denies else None
    return unsure if maybe else None


def _fits(each: SecurityRule, call: Call) -> type[Yes | No | CannotTell]:
    if each.everybody:
        return Yes
    if not each.expression:
        return CannotTell
    match evaluate(each.expression, replace(request_of(call, NOT_ASKED), host="")):
        case ConditionResult.YES:
            return Yes
        case ConditionResult.NO:
            return No
        case _:
            return CannotTell


def _denied(balancer: LoadBalancer, policy: str, each: SecurityRule) -> Finding:
    status = each.action.removeprefix("deny(").removesuffix(")")
    return Finding(
        Say("the security policy {policy} denies every such call to {host}", policy=policy, host=balancer.host),
        (
            Say("its rule {priority} is {action}", priority=each.priority, action=each.action),
            Say("it is attached to {backend}", backend=balancer.backend.rsplit("/", 1)[-1]),
        ),
        (
            Advise(
                "edit-security-policy",
                Say("Add a rule to the security policy {policy} that allows this call.", policy=policy),
            ),
        ),
        predicts=Prediction(frozenset({Stage.REACH}), frozenset({int(status) if status.isdigit() else 403})),
    )


def leads_past(balancer: LoadBalancer, callee: Service) -> Judgement:
    """Say where the load balancer sends the call instead, or that its URL mask leads nowhere."""
    masks = tuple(dict.fromkeys(group.mask for group in balancer.groups if group.mask))
    other, is_missing = balancer.service, value_of(balancer.exists) is False
    if is_missing and not masks:
        return None  # there is no such service, and that is a cause of its own
    if isinstance(balancer.exists, Unknown) and not masks:
        return CannotTell("whether the service behind the load balancer exists was not read", (balancer.exists,))
    backend = balancer.backend.rsplit("/", 1)[-1]
    how = Say("its URL map points to {backend}", backend=backend or balancer.elsewhere)
    fix = Advise(
        "fix-url-map",
        Say(
            "Have the URL map {balancer} send this host and path to {service}.", balancer=balancer.id, service=callee.id
        ),
    )
    if masks:
        how = Say(
            "the URL mask of {group} is {masks}",
            group=balancer.groups[0].name.rsplit("/", 1)[-1],
            masks=", ".join(masks),
        )
        fix = Advise("fix-url-mask", "Correct the NEG's URL mask, or point the NEG at the one service.")
    if masks and (other is None or is_missing):
        sought = Say("the service {other}, which does not exist", other=_placed(other)) if other else "no service"
        title = Say("the URL mask does not route to {service}", service=callee.id)
        return Finding(title, (how, Say("from this URL it reads {sought}", sought=sought)), (fix,))
    led = _placed(other) if other else balancer.elsewhere or "something else"
    title = Say(
        "the load balancer {balancer} sends this call to {led}, not to {service}",
        balancer=balancer.id,
        led=led,
        service=callee.id,
    )
    return Finding(title, (how,), (fix,), predicts=_ANOTHER)


_ANOTHER = Prediction(frozenset({Stage.REACH, Stage.INGRESS, Stage.IAP, Stage.TOKEN, Stage.IAM, Stage.APP}))
"""What another service says, whatever that is."""


def _placed(name: str) -> str:
    """Return a service's short name, with its region."""
    return f"{name.rsplit('/', 1)[-1]} in {name.split('/')[3]}"


def uncertified(balancer: LoadBalancer) -> Finding | None:
    """Say that the load balancer's certificate for the host cannot be used, where that was read."""
    front = value_of(balancer.frontend)
    certificate = value_of(front.certificate) if front is not None else None
    if certificate is None or certificate.ready is not False:
        return None
    short = certificate.name.rsplit("/", 1)[-1]
    fix = Advise(
        "finish-certificate",
        Say(
            "Point the DNS of {host} to the load balancer, and wait for the certificate {short}; replace one "
            "that has expired.",
            host=balancer.host,
            short=short,
        ),
    )
    return Finding(
        Say("the load balancer's certificate for {host} cannot be used", host=balancer.host),
        (f"{short}: {certificate.because}",),
        (fix,),
        predicts=Prediction(frozenset({Stage.REACH}), frozenset({NO_ANSWER, 404})),
    )


def leads_nowhere(balancer: LoadBalancer | None, callee: Service) -> Finding | None:
    """Say that a network endpoint group names a service that does not exist in its region."""
    other = balancer.service if balancer is not None else None
    if balancer is None or other is None or value_of(balancer.exists) is not False:
        return None
    group = balancer.groups[0]
    if group.mask:
        return None  # then the mask is at fault
    short = group.name.rsplit("/", 1)[-1]
    fix = Advise(
        "fix-endpoint-group",
        Say(
            "Create a network endpoint group for {service} in {region}, and use it instead of {short} in {backend}.",
            service=callee.id,
            region=callee.region,
            short=short,
            backend=balancer.backend.rsplit("/", 1)[-1],
        ),
    )
    return Finding(
        Say("{host} routes to {other}, where there is no such service", host=balancer.host, other=_placed(other)),
        (
            Say(
                "the network endpoint group {short} of the load balancer {balancer} points to {other}",
                short=short,
                balancer=balancer.id,
                other=_placed(other),
            ),
            "the Cloud Run Admin API lists no such service",
        ),
        (fix,),
    )
