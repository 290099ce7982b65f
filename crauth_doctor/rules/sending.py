"""A product of Google sends the call for its user: does it get a token, and does its call count as internal?"""

from __future__ import annotations

from ..iam.allow import may
from ..iam.conditions import RequestAttributes
from ..model.answer import CannotTell, Yes
from ..model.caller import Caller, Origin, Place, Sending
from ..model.change import Advise, Change, GrantRole, SetIngress
from ..model.evidence import Evidence
from ..model.exported import TokenType
from ..model.fact import Fact, Known, Unknown, value_of
from ..model.finding import Finding
from ..model.http import Call
from ..model.iam import AllowPolicies, Principal
from ..model.run import Ingress, Service, host_of
from .common import INGRESS, NO_TOKEN, SERVICE_TO_SERVICE
from .derived import TokenCheck
from .paths import is_own_url
from .rule import Judgement, rule
from .sight import Sight
from .signatures import Author

_MINT = "iam.serviceAccounts.getOpenIdToken"


@rule(
    "mint/agent-cannot-mint",
    see="https://docs.cloud.google.com/iam/docs/service-account-permissions",
    predicts=NO_TOKEN,
)
def agent_cannot_mint(sending: Sending, minting: Fact[AllowPolicies], sight: Fact[Sight]) -> Judgement:
    """The product's service agent may not mint tokens for the account that it is to send.

    What happens: Scheduler, Tasks, Pub/Sub and Eventarc have their own service agent mint the token. Without its role
    on the project, or a token creator role on the account, the request goes out without a token, and gets 403.

    Confirm: The request log says "Empty Authorization header value"; the project's policy lacks the agent's role.

    Fix: Grant `roles/iam.serviceAccountOpenIdTokenCreator` on that account to the agent, or give the agent its
    service-agent role on the project back.

    Danger: Only that product can act as its agent; the grant on one account is narrow.
    """
    if sending.agent is None or sending.auth is None or sending.auth.type is not TokenType.OIDC:
        return None
    seen = value_of(sight)
    if seen is not None and seen.author is Author.TOKEN_CHECK:
        return None  # a token was sent
    if isinstance(minting, Unknown):
        return CannotTell(f"whether {sending.product}'s agent may mint was not read", (minting,))
    if not isinstance(minting, Known):
        return None
    answer = may(minting.value, Principal(sending.agent), RequestAttributes("", "", None), _MINT)
    if isinstance(answer, Yes):
        return None
    if isinstance(answer, CannotTell):
        return answer
    account = sending.auth.account or ""
    grant = GrantRole(
        f"//iam.googleapis.com/projects/-/serviceAccounts/{account}",
        "roles/iam.serviceAccountOpenIdTokenCreator",
        sending.agent,
    )
    agent = sending.agent.partition(":")[2]
    return Finding(
        f"{sending.product}'s service agent may not mint tokens for {account}",
        (f"{sending.product} has {agent} mint its tokens", f"nothing gives it {_MINT} on that account"),
        (grant,),
    )


@rule("mint/no-token-configured", see=SERVICE_TO_SERVICE, predicts=NO_TOKEN)
def no_token_configured(
    sending: Fact[Sending], check: TokenCheck, caller: Fact[Caller], evidence: Fact[Evidence]
) -> Judgement:
    """The job, task, subscription or trigger has no token set.

    What happens: It sends its requests without an Authorization header, and a private service answers 403.

    Confirm: Its description shows no `oidcToken` (Pub/Sub: no `pushConfig.oidcToken`, Eventarc: no service account).

    Fix: Set an OIDC token with a service account that may invoke the service, and the service's URL as audience.

    Danger: Do not make the service public instead.
    """
    known, asked = value_of(sending), value_of(caller)
    sends_none = known is not None and known.auth is not None and known.auth.type is TokenType.NONE
    name = asked.asked if asked and sends_none else _exported_without_token(value_of(evidence))
    if name is None or not check.on:
        return None
    advice = Advise("set-oidc-token", f"Set an OIDC token on {name}, with the audience {check.url}.")
    return check.finding(Finding(f"{name} sends no token", (f"no token is set on {name}",), (advice,)))


def _exported_without_token(pasted: Evidence | None) -> str | None:
    """Return the name of an exported job, task, subscription or trigger that attaches no token."""
    exports = pasted.exports if pasted else ()
    found = next((e for e in exports if e.auth is not None and e.auth.type is TokenType.NONE and e.target), None)
    return (found.name or found.kind.value) if found else None


@rule("ingress/custom-domain", see=INGRESS)
def custom_domain(
    sending: Sending, origin: Origin, ingress: Ingress, service: Fact[Service], call: Call, caller: Fact[Caller]
) -> Judgement:
    """A Google product calls a custom domain, and only the run.app URL counts as internal.

    What happens: Scheduler, Tasks, Pub/Sub, Eventarc and Workflows of the same project count as internal when they call
    the service's run.app URL. Through a custom domain the same call is refused with 404.

    Confirm: The target is not a run.app URL, and the ingress is internal.

    Fix: Let it call the run.app URL.

    Danger: None.
    """
    known = value_of(service)
    if origin.place is not Place.GOOGLE or ingress is not Ingress.INTERNAL or known is None:
        return None
    if is_own_url(known, call.url) or host_of(call.url).endswith((".run.app", ".cloudfunctions.net")):
        return None
    asked = value_of(caller)
    name = asked.asked if asked else sending.product
    fixes: tuple[Change, ...] = (
        Advise("use-run-app-url", f"Let {name} call {known.url}, and keep that as the audience."),
        SetIngress(known.full_name, Ingress.INTERNAL_AND_LB),
    )
    return Finding(
        f"{name} calls {call.host}, and only the run.app URL counts as internal",
        (f"ingress is {ingress}", f"{sending.product} is internal on {host_of(known.url)} only"),
        fixes,
    )


MINT_RULES = (agent_cannot_mint, no_token_configured)
INGRESS_RULES = (custom_domain,)
