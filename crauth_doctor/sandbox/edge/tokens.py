"""ID tokens: minted in the sandbox's time, and verified as Cloud Run's front end verifies them.

https://cloud.google.com/run/docs/authenticating/service-to-service
"""

from __future__ import annotations

from typing import Any

from ..iam.principal import Identity
from ..state.cloud import Cloud
from ..state.world import Json
from . import signing_keys

ISSUER = "https://accounts.google.com"
ISSUERS = (ISSUER, "accounts.google.com")
AGENTS = "https://sts.googleapis.com/v1/{parent}/locations/global/workloadIdentityPools/{domain}"
LIFETIME = 3600
GCLOUD_CLIENT = "32555940559.apps.googleusercontent.com"
ADC_CLIENT = "764086051850-6qr4p6gpi6hn506pt8ejuq83di341hur.apps.googleusercontent.com"
_SKEW = 300


def mint(cloud: Cloud, who: Identity, audience: str, *, email: bool = True, **more: Any) -> str:
    """A Google-signed ID token of a principal. `more` overrides claims, for tests."""
    now = int(cloud.now().timestamp())
    claims: Json = {
        "aud": audience,
        "azp": who.unique_id if who.kind == "serviceAccount" else audience,
        "exp": now + LIFETIME,
        "iat": now,
        "iss": ISSUER,
        "sub": who.unique_id,
    }
    if email:
        claims |= {"email": who.email, "email_verified": True}
    return signing_keys.sign({key: value for key, value in (claims | more).items() if value is not None})


def mint_for_agent(cloud: Cloud, who: Identity, audience: str, certificate: str | None) -> str:
    """An ID token of an agent, bound to the certificate of its workload where it asks for that.

    https://cloud.google.com/iam/docs/auth-agent-own-identity-external
    """
    domain, _, rest = who.member.removeprefix("principal://").partition("/")
    kind, _, number = domain.split(".")[2].partition("-")
    parent = f"{'organizations' if kind == 'org' else 'projects'}/{number}"
    bound = {"x5t#S256": certificate} if certificate else None
    subject = f"spiffe://{domain}/{rest}"
    issuer = AGENTS.format(parent=parent, domain=domain)
    return mint(cloud, who, audience, email=False, iss=issuer, sub=subject, azp=None, cnf=bound)


def verified_claims(cloud: Cloud, token: str) -> Json:
    """The claims of a Google-signed ID token that is valid now; the audience is not looked at.

    Raises:
        ValueError: with the reason in a word.
    """
    header, claims = signing_keys.verify(token)
    if header.get("kid") != signing_keys.KEY_ID or not (claims.get("iss") in ISSUERS or _of_agent(claims)):
        raise ValueError("issuer")
    now = cloud.now().timestamp()
    expires, issued = claims.get("exp"), claims.get("iat")
    if not isinstance(expires, int | float) or expires <= now:
        raise ValueError("expired")
    if not isinstance(issued, int | float) or issued > now + _SKEW:
        raise ValueError("early")
    if not isinstance(claims.get("aud"), str):
        raise ValueError("audience")  # noqa: TRY004  (every reason is told by its text)
    return claims


def _of_agent(claims: Json) -> bool:
    """Whether the trust domain of an agent issued it, for one of its own."""
    pool = str(claims.get("iss", "")).partition("/workloadIdentityPools/")[2]
    is_agents = pool.startswith("agents.") and str(claims.get("iss", "")).startswith("https://sts.googleapis.com/v1/")
    return is_agents and str(claims.get("sub", "")).startswith(f"spiffe://{pool}/")


def bearer_of(cloud: Cloud, claims: Json) -> Identity:
    """Whose token it is. The number (`sub`) decides: an account made anew under the same e-mail is somebody else."""
    subject, email = str(claims.get("sub", "")), str(claims.get("email", ""))
    if subject.startswith("spiffe://"):
        return cloud.principal(f"principal://{subject.removeprefix('spiffe://')}")
    by_number = cloud.account(subject) if subject else None
    if by_number:
        return Identity(f"serviceAccount:{by_number[1]['email']}", subject)
    if not email:
        return Identity(f"unknown:{subject}", subject)
    if cloud.account(email):
        return Identity(f"deleted:serviceAccount:{email}?uid={subject}", subject)
    kind = "serviceAccount" if email.endswith(".gserviceaccount.com") else "user"
    return Identity(f"{kind}:{email}", subject)
