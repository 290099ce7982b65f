"""Is the token's audience one that the service accepts? The wrong ones are told apart by their shape.

Source: https://docs.cloud.google.com/run/docs/configuring/custom-audiences
"""

from __future__ import annotations

from ..model.answer import CannotTell
from ..model.change import AddAudience, RequestAudience
from ..model.fact import Fact
from ..model.finding import Finding
from ..model.http import Call
from ..model.iam import AllowPolicies
from ..model.run import Service, host_of, is_run_app
from ..model.token import Token, TokenKind
from .common import CUSTOM_AUDIENCES, SERVICE_TO_SERVICE, TROUBLESHOOTING
from .rule import Judgement, rule
from .token import asks


def _wrong(token: Token, service: Service, policies: Fact[AllowPolicies], call: Call, now: Fact[int]) -> str | None:
    """Return the audience, where it is one that the service does not accept."""
    if token.audience is None or token.kind is not TokenKind.ID_TOKEN or service.accepts_audience(token.audience):
        return None
    return token.audience if asks(service, policies, call, now) else None


def _audience_finding(title: str, audience: str, service: Service, *more: str) -> Finding:
    accepted = ", ".join((*service.urls, *service.custom_audiences)) or "unknown"
    return Finding(
        title,
        (f"the token's audience is {audience}", *more, f"the service accepts: {accepted}"),
        (RequestAudience(service.url),),
    )


@rule("token/audience-user-client", see=TROUBLESHOOTING)
def audience_user_client(
    token: Token, service: Service, policies: Fact[AllowPolicies], call: Call, now: Fact[int]
) -> Judgement:
    """A user's token has an OAuth client id for its audience.

    What happens: `gcloud auth print-identity-token` without `--audiences` gives a token for gcloud's own client id.
    Cloud Run has been seen to let gcloud's id in, and reports differ; other client ids get 401.

    Confirm: The token's `aud` ends in `.apps.googleusercontent.com`.

    Fix: Impersonate a service account and ask for the service's audience.

    Danger: None.
    """
    audience = _wrong(token, service, policies, call, now)
    if audience is None or not audience.endswith(".apps.googleusercontent.com"):
        return None
    if audience.startswith(("32555940559.", "764086051850-")):
        return CannotTell("a token for gcloud's own client id has been seen let in and refused; only the answer tells")
    return _audience_finding("the token is for an OAuth client, not for this service", audience, service)


@rule("token/audience-tag-url", see=SERVICE_TO_SERVICE)
def audience_tag_url(
    token: Token, service: Service, policies: Fact[AllowPolicies], call: Call, now: Fact[int]
) -> Judgement:
    """The audience is the URL of a traffic tag.

    What happens: A tag URL (`https://TAG---SERVICE…`) may be called, but it is not an audience: the front end answers
    401. The audience stays the service's own URL.

    Confirm: The token's `aud` has `---` in its host.

    Fix: Ask for the service's URL as audience and keep calling the tag URL.

    Danger: None.
    """
    audience = _wrong(token, service, policies, call, now)
    if audience is None or not (is_run_app(audience) and "---" in host_of(audience)):
        return None
    return _audience_finding("the audience is a tag URL, which the front end does not accept", audience, service)


@rule("token/audience-query", see=TROUBLESHOOTING)
def audience_query(
    token: Token, service: Service, policies: Fact[AllowPolicies], call: Call, now: Fact[int]
) -> Judgement:
    """The audience contains a query or a fragment.

    What happens: Cloud Tasks and Cloud Scheduler use the whole target URI as audience when none is set. Cloud Run
    accepts scheme and host only, and answers 401.

    Confirm: The token's `aud` has a `?` or `#`, or the job has no audience set and its URI has one.

    Fix: Set the audience to the service's URL.

    Danger: None.
    """
    audience = _wrong(token, service, policies, call, now)
    if audience is None or not any(sign in audience for sign in "?#"):
        return None
    return _audience_finding("the audience contains a query", audience, service)


@rule("token/audience-scheme", see=TROUBLESHOOTING)
def audience_scheme(
    token: Token, service: Service, policies: Fact[AllowPolicies], call: Call, now: Fact[int]
) -> Judgement:
    """The audience lacks `https://`.

    What happens: The front end compares the audience as a string. A host without its scheme, or with `http://`, is not
    the service's URL, and the answer is 401.

    Confirm: The token's `aud` does not begin with `https://`.

    Fix: Use the whole URL, `https://…`, as audience.

    Danger: None.
    """
    audience = _wrong(token, service, policies, call, now)
    if audience is None or audience.startswith("https://"):
        return None
    bare = audience.removeprefix("http://").strip("/").lower()
    if bare not in {host_of(url) for url in service.urls}:
        return None
    return _audience_finding("the audience lacks https://", audience, service)


@rule("token/audience-function-path", see=TROUBLESHOOTING)
def audience_function_path(
    token: Token, service: Service, policies: Fact[AllowPolicies], call: Call, now: Fact[int]
) -> Judgement:
    """The audience is a cloudfunctions.net host without the function's name.

    What happens: For a function the audience is its full URL, `https://REGION-PROJECT.cloudfunctions.net/NAME`. The
    host alone is nobody's audience, and gets 401.

    Confirm: The token's `aud` ends in `cloudfunctions.net`, with no name behind it.

    Fix: Use the function's full URL, or the run.app URL of its service.

    Danger: None.
    """
    audience = _wrong(token, service, policies, call, now)
    if audience is None or not host_of(audience).endswith(".cloudfunctions.net"):
        return None
    own = [a for a in (*service.urls, *service.custom_audiences) if host_of(a) == host_of(audience)]
    rest = audience.split("://", 1)[-1].partition("/")[2].strip("/")
    if rest and not own:
        return None
    return _audience_finding("the audience lacks the function's name", audience, service)


@rule("token/audience-path", see=TROUBLESHOOTING)
def audience_path(
    token: Token, service: Service, policies: Fact[AllowPolicies], call: Call, now: Fact[int]
) -> Judgement:
    """The audience contains a path.

    What happens: Pub/Sub and Cloud Scheduler use the whole target URL as audience when none is set. Cloud Run accepts
    scheme and host only, and answers 401.

    Confirm: The token's `aud` has something behind the host.

    Fix: Set the audience to the service's URL, without a path.

    Danger: None.
    """
    audience = _wrong(token, service, policies, call, now)
    if audience is None or "?" in audience or "#" in audience:
        return None
    base = "/".join(audience.split("/")[:3])
    if base == audience.rstrip("/") or not service.accepts_audience(base):
        return None
    return _audience_finding("the audience contains a path", audience, service)


@rule("token/audience-custom-domain", see=CUSTOM_AUDIENCES)
def audience_custom_domain(
    token: Token, service: Service, policies: Fact[AllowPolicies], call: Call, now: Fact[int]
) -> Judgement:
    """The audience is a custom domain that the service does not declare.

    What happens: A domain or load balancer host leads to the service, but is no audience of it until it is declared as
    a custom audience. The front end answers 401.

    Confirm: `gcloud run services describe SERVICE` shows no such custom audience.

    Fix: Ask for the service's run.app URL as audience, or declare the domain as a custom audience.

    Danger: Declaring an audience makes a new revision.
    """
    audience = _wrong(token, service, policies, call, now)
    host = host_of(audience or "")
    if audience is None or not host or _is_googles(host) or "." not in host:
        return None
    if host != call.host:
        return None
    origin = f"https://{host}"
    found = _audience_finding(f"{origin} is called, and is no audience of {service.id}", audience, service)
    return Finding(found.title, found.because, (*found.fixes, AddAudience(service.full_name, audience)))


def _is_googles(host: str) -> bool:
    return host.endswith((".run.app", ".cloudfunctions.net", ".apps.googleusercontent.com", ".googleapis.com"))


@rule("token/audience-other-service", see=TROUBLESHOOTING)
def audience_other_service(
    token: Token, service: Service, policies: Fact[AllowPolicies], call: Call, now: Fact[int]
) -> Judgement:
    """The audience is another service's URL.

    What happens: The token was made for another Cloud Run service, or for a URL that this one does not have. The front
    end answers 401.

    Confirm: Compare the token's `aud` with the URLs that `gcloud run services describe` prints.

    Fix: Ask for this service's URL as audience.

    Danger: None.
    """
    audience = _wrong(token, service, policies, call, now)
    if audience is None or "---" in host_of(audience):
        return None
    own = {host_of(url) for url in service.urls}
    if not _is_googles(host_of(audience)) or host_of(audience) in own:
        return None
    if not host_of(audience).endswith((".run.app", ".cloudfunctions.net")):
        return None
    return _audience_finding("the audience is another service's URL", audience, service)


@rule("token/audience-unknown", see=CUSTOM_AUDIENCES)
def audience_unknown(
    token: Token, service: Service, policies: Fact[AllowPolicies], call: Call, now: Fact[int]
) -> Judgement:
    """The audience is a string that the service does not declare.

    What happens: The front end accepts the service's own URLs and its custom audiences, compared as whole strings.
    Anything else gets 401, "The access token could not be verified".

    Confirm: Compare the token's `aud` with the service's URLs and custom audiences.

    Fix: Ask for the service's URL as audience, or declare the string as a custom audience.

    Danger: Declaring an audience makes a new revision.
    """
    audience = _wrong(token, service, policies, call, now)
    if audience is None or audience.endswith(".apps.googleusercontent.com"):
        return None
    found = _audience_finding("the audience is none that the service accepts", audience, service)
    return Finding(found.title, found.because, (*found.fixes, AddAudience(service.full_name, audience)))


RULES = (
    audience_user_client,
    audience_function_path,
    audience_tag_url,
    audience_query,
    audience_scheme,
    audience_path,
    audience_custom_domain,
    audience_other_service,
    audience_unknown,
)
