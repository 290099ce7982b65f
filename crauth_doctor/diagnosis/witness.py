"""What shows that a call gets past each stage. Where nothing does, the stage is not judged, whatever no rule said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from ..iam.members import is_agent_identity, is_service_agent
from ..model.answer import Yes
from ..model.caller import CallerKind, Place
from ..model.caller_kinds import TokenFrom, declared
from ..model.fact import STATED, WANTED, Absent, Known, Obstacle, Unknown, value_of
from ..model.facts import Facts
from ..model.finding import Stage, Sureness, Witness
from ..model.leads import is_behind_iap
from ..model.load_balancer import LoadBalancer
from ..model.run import Egress, Ingress, is_custom
from ..model.token import TokenKind, is_of_agent
from ..model.unread import sources_of
from ..rules.derived_facts import CallerAccess, TokenCheck, derive
from ..rules.registry import AS_WANTED
from ..say import Say
from .observations import signs_in_at_iap

_SHOWN = Witness(Sureness.SHOWN)
_NEEDLESS = Witness(Sureness.NEEDLESS)
_NOT_SHOWN = Witness(Sureness.NOT_SHOWN)


def witnesses(facts: Facts) -> Mapping[Stage, Witness]:
    """Return what shows that the call gets past each stage but the application's, which only an answer can show."""
    found = {stage: show(facts) for stage, show in _SHOW.items()}
    rests_on = (facts.service, facts.policies, facts.ingress, facts.token, facts.principal, facts.caller)
    reads = {source.read for fact in rests_on for source in sources_of(fact)}
    taken = next((text for read, text in _TAKEN.items() if read in reads), None)
    if taken is None:
        return found
    return {
        stage: Witness(Sureness.ASSUMED, taken) if witness.sureness is Sureness.SHOWN else witness
        for stage, witness in found.items()
    }


_TAKEN: Final = {WANTED: AS_WANTED, STATED: "what you say is so"}


def _mint(facts: Facts) -> Witness:
    caller, principal, account = value_of(facts.caller), value_of(facts.principal), value_of(facts.account)
    if _asks_for_no_token(facts) or signs_in_at_iap(facts):
        return _NOT_SHOWN if _fails_by_itself(facts) else _NEEDLESS
    if isinstance(facts.token, Known) and facts.token.source.read == "evidence":
        return _SHOWN  # it has one, whatever it is good for
    if isinstance(facts.minted, Known) and (caller is None or caller.kind is CallerKind.OPERATOR):
        return _SHOWN
    if caller is None or principal is None:
        return _NOT_SHOWN
    federation = value_of(facts.federation)
    if federation is not None:
        return _NOT_SHOWN if federation.misfit else Witness(Sureness.SHOWN, federation.assuming)
    sending = value_of(facts.sending)
    if sending is not None:
        return _SHOWN if sending.auth is not None and _is_good(facts) else _NOT_SHOWN
    if account is not None and not account.disabled:
        return _SHOWN
    if is_agent_identity(principal.member) and caller.resource is not None:
        return _SHOWN  # its metadata server gives it tokens of its own
    if is_service_agent(principal.member) and not principal.member.endswith(_BUILDER):
        return _SHOWN  # the product gets its agent's tokens; nobody but Google can look such an account up
    return _SHOWN if isinstance(facts.minted, Known) and principal.is_service_account else _NOT_SHOWN


_BUILDER: Final = "@cloudbuild.gserviceaccount.com"
"""Steps of the user's own run as this one, and get no ID token of it.

Source: https://docs.cloud.google.com/build/docs/securing-builds/authorize-service-to-service-access
"""


def _fails_by_itself(facts: Facts) -> bool:
    """Code that asks for a token and gets none may make no call at all, even where nobody asks for the token.

    So does a workflow's step, which fails where its account cannot be used.
    """
    caller, account = value_of(facts.caller), facts.account
    if caller is None or (caller.kind is CallerKind.WORKFLOW and isinstance(facts.principal, Absent)):
        return False
    if not (declared(caller.kind).runs_code or caller.kind is CallerKind.WORKFLOW):
        return False
    return isinstance(account, Absent) or (isinstance(account, Known) and account.value.disabled)


def _is_good(facts: Facts) -> bool:
    account = value_of(facts.account)
    return account is None or not account.disabled


def _reach(facts: Facts) -> Witness:
    call, service, leads = value_of(facts.call), value_of(facts.service), facts.call_leads_here
    if call is None or service is None:
        return _NOT_SHOWN
    match leads:
        case Known(value=True) if isinstance(facts.load_balancer, Known):
            return _through(facts.load_balancer.value, facts)
        case Known(value=True):
            return Witness(Sureness.ASSUMED, _BY_NAT) if is_custom(call.host) and _needs_nat(facts) else _SHOWN
        case Known():
            return Witness(
                Sureness.NOT_SHOWN, doubt=Say("{host} is not a URL of {service}", host=call.host, service=service.id)
            )
        case _:
            return Witness(
                Sureness.NOT_SHOWN,
                doubt=Say("whether {host} points to {service} was not read", host=call.host, service=service.id),
            )


_BY_NAT: Final = "the caller's network lets calls out to the internet, by Cloud NAT"


def _needs_nat(facts: Facts) -> bool:
    """Whether the caller's calls of a public address that is none of Google's own names leave through its network.

    Source: https://docs.cloud.google.com/run/docs/configuring/vpc-direct-vpc,
    https://docs.cloud.google.com/vpc/docs/private-google-access
    """
    origin = value_of(facts.origin)
    if origin is None or origin.place is not Place.VPC or origin.egress is not Egress.ALL_TRAFFIC:
        return False
    return origin.subnetwork is not None  # without one it has an external address, or nothing is known


def _through(balancer: LoadBalancer, facts: Facts) -> Witness:
    """The load balancer leads to the service: does the call get to the load balancer?"""
    front, origin = balancer.frontend, value_of(facts.origin)
    if not isinstance(front, Known):
        seen = "whether one leads there was not read" if isinstance(front, Unknown) else "there is none"
        return Witness(
            Sureness.NOT_SHOWN,
            doubt=Say("the load balancer {balancer} needs a forwarding rule: {seen}", balancer=balancer.id, seen=seen),
        )
    assuming: list[str] = [
        Say("{host} resolves to the address of the load balancer {balancer}", host=balancer.host, balancer=balancer.id)
    ]
    certificate = front.value.certificate
    if isinstance(certificate, Unknown) and certificate.obstacle is not Obstacle.NOT_TOLD:
        doubt = Say(
            "the certificate of the load balancer {balancer} for {host} was not read",
            balancer=balancer.id,
            host=balancer.host,
        )
        return Witness(Sureness.NOT_SHOWN, doubt=doubt)
    if isinstance(certificate, Unknown):
        assuming.append(Say("its certificate for {host} is in order", host=balancer.host))
    if balancer.internal and (origin is None or origin.place is not Place.HERE):
        if origin is None or origin.network not in front.value.networks:
            doubt = Say(
                "the load balancer {balancer} is internal, and that the caller's calls reach it was not read",
                balancer=balancer.id,
            )
            return Witness(Sureness.NOT_SHOWN, doubt=doubt)
    elif balancer.internal:
        assuming.append("the caller reaches its private address")
    elif _needs_nat(facts):
        assuming.append(_BY_NAT)
    return Witness(Sureness.ASSUMED, ", and ".join(assuming))


def _ingress(facts: Facts) -> Witness:
    ingress, origin = value_of(facts.ingress), value_of(facts.origin)
    if ingress is Ingress.ALL:
        return _SHOWN
    balancer = value_of(facts.load_balancer)
    if balancer is not None and ingress is not None and value_of(facts.call_leads_here):
        return _SHOWN if balancer.internal or ingress is Ingress.INTERNAL_AND_LB else _NOT_SHOWN
    if ingress is None or origin is None:
        return _NOT_SHOWN
    if origin.place is Place.HERE:
        return Witness(Sureness.ASSUMED, "the caller's network path is one that ingress lets in")
    return _SHOWN


def _iap(facts: Facts) -> Witness:
    service, call = value_of(facts.service), value_of(facts.call)
    if service is None or call is None:
        return _NOT_SHOWN
    if not is_behind_iap(facts.service, facts.load_balancer):
        # in front of any other host a load balancer may have it
        return _NEEDLESS if value_of(facts.call_leads_here) else _NOT_SHOWN
    return _SHOWN if isinstance(facts.iap_policy, Known) and isinstance(facts.principal, Known) else _NOT_SHOWN


def _token(facts: Facts) -> Witness:
    service = value_of(facts.service)
    if _asks_for_no_token(facts) or is_behind_iap(facts.service, facts.load_balancer):
        return _NEEDLESS
    check = value_of(derive(facts, "check", TokenCheck))
    token = value_of(facts.token)
    if check is None or service is None:
        return _NOT_SHOWN
    if token is not None:
        good = token.kind is TokenKind.ID_TOKEN and token.audience is not None and check.accepts(token.audience)
        good = good and not is_of_agent(token.issuer)  # an agent's, of which only the answer tells
        return _SHOWN if good else _NOT_SHOWN
    if isinstance(facts.token, Absent):
        return _NOT_SHOWN
    caller = value_of(facts.caller)
    if isinstance(facts.principal, Known) and caller is not None and declared(caller.kind).token is TokenFrom.CODE:
        return Witness(Sureness.ASSUMED, Say("the caller's token has the audience {url}", url=service.url))
    return _NOT_SHOWN


def _iam(facts: Facts) -> Witness:
    service = value_of(facts.service)
    if service is not None and not service.checks_iam:
        return _NEEDLESS
    access = value_of(derive(facts, "access", CallerAccess))
    if _asks_for_no_token(facts) or (access is not None and isinstance(access.answer, Yes)):
        return _SHOWN
    if is_behind_iap(facts.service, facts.load_balancer) and isinstance(facts.iap_policy, Known):
        return _SHOWN  # Cloud Run sees IAP's own agent, and a rule of IAP's judges that one
    return _NOT_SHOWN


def _asks_for_no_token(facts: Facts) -> bool:
    service = value_of(facts.service)
    if service is None:
        return False
    if not service.checks_iam:
        return True
    access = value_of(derive(facts, "access", CallerAccess))
    check = value_of(derive(facts, "check", TokenCheck))
    behind_iap = is_behind_iap(facts.service, facts.load_balancer)
    return (access is not None and access.is_open) or (check is not None and not check.asks and not behind_iap)


_SHOW: Final[Mapping[Stage, Callable[[Facts], Witness]]] = MappingProxyType(
    {
        Stage.MINT: _mint,
        Stage.REACH: _reach,
        Stage.INGRESS: _ingress,
        Stage.IAP: _iap,
        Stage.TOKEN: _token,
        Stage.IAM: _iam,
    }
)
