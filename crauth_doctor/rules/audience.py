"""Is the token's audience one that the service accepts? The wrong ones are told apart by their shape.

Source: https://docs.cloud.google.com/run/docs/configuring/custom-audiences
"""

from __future__ import annotations

from enum import StrEnum

from ..model.answer import CannotTell
from ..model.change import AddAudience, Change, RequestAudience
from ..model.fact import Fact, value_of
from ..model.finding import Basis, Finding
from ..model.http import Call
from ..model.run import host_of, is_run_app
from ..model.token import Token, TokenKind
from .common import CUSTOM_AUDIENCES, SERVICE_TO_SERVICE, TROUBLESHOOTING
from .derived import TokenCheck
from .rule import Judgement, rule
from .sight import Sight
from .signatures import Author


class Shape(StrEnum):
    """What is wrong with an audience, by its form."""

    USER_CLIENT = "is an OAuth client id, not this service's URL"
    FUNCTION_PATH = "lacks the function's name"
    TAG_URL = "is a tag URL, which the front end does not accept"
    QUERY = "contains a query"
    SCHEME = "lacks https://"
    PATH = "contains a path"
    CUSTOM_DOMAIN = "is a domain that the service does not declare"
    OTHER_SERVICE = "is another service's URL"
    UNKNOWN = "is none that the service accepts"


def shape_of(audience: str, accepted: tuple[str, ...], called: str) -> Shape:
    """Tell what is wrong with an audience that is not accepted.

    Args:
        audience: the `aud`.
        accepted: what the service accepts, as far as it is known.
        called: the host called.
    """
    host, rest = host_of(audience), audience.partition("://")[2].partition("/")[2].strip("/")
    hosts = {host_of(url) for url in accepted}
    if audience.endswith(".apps.googleusercontent.com"):
        return Shape.USER_CLIENT
    if any(sign in audience for sign in "?#"):
        return Shape.QUERY
    if not host or audience.startswith("http://"):
        bare = audience.removeprefix("http://").strip("/").lower()
        return Shape.SCHEME if bare in hosts or is_run_app(f"https://{bare}") else Shape.UNKNOWN
    if host.endswith(".cloudfunctions.net"):
        return _of_function(audience, rest, accepted)
    if host.endswith(".run.app"):
        return _of_run_app(host, rest, hosts)
    return Shape.CUSTOM_DOMAIN if host == called else Shape.UNKNOWN


def _of_function(audience: str, rest: str, accepted: tuple[str, ...]) -> Shape:
    if not rest:
        return Shape.FUNCTION_PATH
    return Shape.PATH if audience.startswith(tuple(f"{url}/" for url in accepted)) else Shape.OTHER_SERVICE


def _of_run_app(host: str, rest: str, hosts: set[str]) -> Shape:
    if "---" in host:
        return Shape.TAG_URL
    if host not in hosts:
        return Shape.OTHER_SERVICE
    return Shape.PATH if rest else Shape.UNKNOWN


_BY_ITS_FORM = frozenset({Shape.QUERY, Shape.SCHEME, Shape.PATH, Shape.TAG_URL})
"""What is wrong with an audience whatever the service is called; others may be a URL of its own."""


def _judge(shape: Shape, token: Token, check: TokenCheck, call: Call, *, declare: bool = False) -> Judgement:
    """Return the finding, where the token's audience is wrong in this very way."""
    audience = token.audience
    if audience is None or token.kind is not TokenKind.ID_TOKEN or not check.on or check.accepts(audience):
        return None
    if shape_of(audience, check.accepted, call.host) is not shape:
        return None
    if check.unread is not None and shape not in _BY_ITS_FORM:
        return CannotTell("which audiences the service takes was not read", (check.unread,))
    because = [f"the token's audience is {audience}"]
    if check.accepted:
        because.append(f"{check.id} accepts: {', '.join(check.accepted)}")
    fixes: list[Change] = [check.sender or RequestAudience(check.url)]
    if declare and check.service:
        fixes.append(AddAudience(check.service, audience))
    assuming = () if check.complete else ("the service declares no such custom audience",)
    return check.finding(Finding(f"the token's audience {shape}", tuple(because), tuple(fixes), assuming))


@rule("token/audience-user-client", see=TROUBLESHOOTING, basis=Basis.REQUEST)
def audience_user_client(token: Token, check: TokenCheck, call: Call, sight: Fact[Sight]) -> Judgement:
    """A user's token has an OAuth client id for its audience.

    What happens: `gcloud auth print-identity-token` without `--audiences` gives a token for gcloud's own client id.
    Cloud Run has been seen to let gcloud's id in, and reports differ; other client ids get 401.

    Confirm: The token's `aud` ends in `.apps.googleusercontent.com`.

    Fix: Impersonate a service account and ask for the service's audience.

    Danger: None.
    """
    finding = _judge(Shape.USER_CLIENT, token, check, call)
    seen = value_of(sight)
    if finding is None or (seen is not None and seen.author is Author.TOKEN_CHECK):
        return finding
    if (token.audience or "").startswith(("32555940559.", "764086051850-")):
        return CannotTell("a token for gcloud's own client id has been seen let in and refused; only the answer tells")
    return finding


@rule("token/audience-function-path", see=TROUBLESHOOTING, basis=Basis.REQUEST)
def audience_function_path(token: Token, check: TokenCheck, call: Call) -> Judgement:
    """The audience is a cloudfunctions.net host without the function's name.

    What happens: For a function the audience is its full URL, `https://REGION-PROJECT.cloudfunctions.net/NAME`. The
    host alone is nobody's audience, and gets 401.

    Confirm: The token's `aud` ends in `cloudfunctions.net`, with no name behind it.

    Fix: Use the function's full URL, or the run.app URL of its service.

    Danger: None.
    """
    return _judge(Shape.FUNCTION_PATH, token, check, call)


@rule("token/audience-tag-url", see=SERVICE_TO_SERVICE, basis=Basis.REQUEST)
def audience_tag_url(token: Token, check: TokenCheck, call: Call) -> Judgement:
    """The audience is the URL of a traffic tag.

    What happens: A tag URL (`https://TAG---SERVICE…`) may be called, but it is not an audience: the front end answers
    401. The audience stays the service's own URL.

    Confirm: The token's `aud` has `---` in its host.

    Fix: Ask for the service's URL as audience and keep calling the tag URL.

    Danger: None.
    """
    return _judge(Shape.TAG_URL, token, check, call)


@rule("token/audience-query", see=TROUBLESHOOTING, basis=Basis.REQUEST)
def audience_query(token: Token, check: TokenCheck, call: Call) -> Judgement:
    """The audience contains a query or a fragment.

    What happens: Cloud Tasks and Cloud Scheduler use the whole target URI as audience when none is set. Cloud Run
    accepts scheme and host only, and answers 401.

    Confirm: The token's `aud` has a `?` or `#`, or the job has no audience set and its URI has one.

    Fix: Set the audience to the service's URL.

    Danger: None.
    """
    return _judge(Shape.QUERY, token, check, call)


@rule("token/audience-scheme", see=TROUBLESHOOTING, basis=Basis.REQUEST)
def audience_scheme(token: Token, check: TokenCheck, call: Call) -> Judgement:
    """The audience lacks `https://`.

    What happens: The front end compares the audience as a string. A host without its scheme, or with `http://`, is not
    the service's URL, and the answer is 401.

    Confirm: The token's `aud` does not begin with `https://`.

    Fix: Use the whole URL, `https://…`, as audience.

    Danger: None.
    """
    return _judge(Shape.SCHEME, token, check, call)


@rule("token/audience-path", see=TROUBLESHOOTING, basis=Basis.REQUEST)
def audience_path(token: Token, check: TokenCheck, call: Call) -> Judgement:
    """The audience contains a path.

    What happens: Pub/Sub and Cloud Scheduler use the whole target URL as audience when none is set. Cloud Run accepts
    scheme and host only, and answers 401.

    Confirm: The token's `aud` has something behind the host.

    Fix: Set the audience to the service's URL, without a path.

    Danger: None.
    """
    return _judge(Shape.PATH, token, check, call)


@rule("token/audience-custom-domain", see=CUSTOM_AUDIENCES, basis=Basis.REQUEST)
def audience_custom_domain(token: Token, check: TokenCheck, call: Call) -> Judgement:
    """The audience is a custom domain that the service does not declare.

    What happens: A domain or load balancer host leads to the service, but is no audience of it until it is declared as
    a custom audience. The front end answers 401.

    Confirm: `gcloud run services describe SERVICE` shows no such custom audience.

    Fix: Ask for the service's run.app URL as audience, or declare the domain as a custom audience.

    Danger: Declaring an audience makes a new revision.
    """
    return _judge(Shape.CUSTOM_DOMAIN, token, check, call, declare=True)


@rule("token/audience-other-service", see=TROUBLESHOOTING, basis=Basis.REQUEST)
def audience_other_service(token: Token, check: TokenCheck, call: Call) -> Judgement:
    """The audience is another service's URL.

    What happens: The token was made for another Cloud Run service, or for a URL that this one does not have. The front
    end answers 401.

    Confirm: Compare the token's `aud` with the URLs that `gcloud run services describe` prints.

    Fix: Ask for this service's URL as audience.

    Danger: None.
    """
    return _judge(Shape.OTHER_SERVICE, token, check, call)


@rule("token/audience-unknown", see=CUSTOM_AUDIENCES, basis=Basis.REQUEST)
def audience_unknown(token: Token, check: TokenCheck, call: Call) -> Judgement:
    """The audience is a string that the service does not declare.

    What happens: The front end accepts the service's own URLs and its custom audiences, compared as whole strings.
    Anything else gets 401, "The access token could not be verified".

    Confirm: Compare the token's `aud` with the service's URLs and custom audiences.

    Fix: Ask for the service's URL as audience, or declare the string as a custom audience.

    Danger: Declaring an audience makes a new revision.
    """
    return _judge(Shape.UNKNOWN, token, check, call, declare=True)


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
