"""What a person can say of a call, and what an answer costs: plain data, of which the diagnosis makes its questions.

What is said is not read: it makes a cause likely, never proven.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from ...deferred import dataclass
from ..caller_kinds import DECLARED
from ..http import AGENT


class Cost(IntEnum):
    """What an answer costs the one who gives it, the cheapest first."""

    FLAG = 1
    """The reader knows, or has it before them."""
    COMMAND = 2
    """A command that only reads shows it."""
    ADMINISTRATOR = 3
    """Only somebody with rights over the project or the organization can look."""


@dataclass(frozen=True)
class Sayable:
    """A fact that a person can say."""

    name: str  # as `--say` takes it
    question: str
    values: Mapping[str, str]  # what can be said, and what each means; empty where anything can be, such as a URL
    example: str = ""  # what is said, where anything can be
    cost: Cost = Cost.FLAG
    usual: str = ""  # what is so of most calls whose cause has nothing to do with it; empty where no value is
    command: str = ""  # shows the answer and changes nothing; names in braces are filled in from what is known


_USUAL: Final[Mapping[str, str]] = {
    "meant": "private", "token-kind": "id-token", "token-age": "fresh", "header": "one", "front": "nothing",
    "scheme": "https", "invoker": "granted", "denied": "no", "perimeter": "no", "changed": "nothing",
    "worked-before": "never", "allusers-refused": "no", "exists": "yes", "domain": "ready",
    "ingress": "all", "network": "internet", "resolves": "public", "google-access": "on", "iap": "off",
    "host": "run-app", "token-account": "own",
    "account-state": "enabled", "agent": "yes", "app-reason": "other",
}  # fmt: skip


def _one(
    name: str,
    question: str,
    cost: Cost = Cost.FLAG,
    command: str = "",
    *,
    example: str = "",
    **values: str,
) -> Sayable:
    named = {value.replace("_", "-").strip("-"): meaning for value, meaning in values.items()}
    return Sayable(name, question, named, example, cost, _USUAL.get(name, ""), command)


_DESCRIBE: Final = "gcloud run services describe {service} --project={project} --region={region} --format="
_POLICY: Final = "gcloud run services get-iam-policy {service} --project={project} --region={region} --format=json"
_REQUESTS: Final = (
    "gcloud logging read 'resource.type=cloud_run_revision resource.labels.service_name={service} "
    f"httpRequest.status>=400 NOT httpRequest.userAgent:{AGENT}' "
    "--project={project} --limit=1 --format=json"
)
_CHANGES: Final = (
    "gcloud logging read 'logName:cloudaudit.googleapis.com protoPayload.resourceName:services/{service}' "
    "--project={project} --limit=5 --format=json"
)

_CALLERS: Final[Mapping[str, str]] = {
    one.kind.value: one.label or one.product or one.kind.value.replace("-", " ")
    for one in DECLARED
    if one.word not in {"", "me"}
}
SAYABLE: Final[tuple[Sayable, ...]] = (
    _one("url", "Which URL does the caller call?", example="https://orders-123456789012.us-central1.run.app/v1"),
    _one(
        "status", "Which HTTP status does the caller get?",
        _401="401", _403="403", _404="404", server_error="500 or more",
        none="no answer at all: a time-out, a refused connection",
        other="another one",
    ),
    _one(
        "answer", "What does the body of the answer look like?", Cost.FLAG, "curl -i {url}",
        google_page="Google's plain white page: \"Error: Forbidden\", \"Error: Unauthorized\", \"Page not found\"",
        google_forbidden="Google's page that says \"Access is forbidden.\"",
        google_robot="Google's 404 page with the broken robot",
        iap="it mentions IAP, or is Google's sign-in page",
        application="the application's own: JSON, or a page that you recognise",
        bare='only "403 Forbidden", with no sentence',
        between="from a proxy, a web filter or a CDN",
    ),
    _one("project", "Which project is the service in?", Cost.COMMAND, "gcloud projects list", example="shop-prod"),
    _one(
        "region", "Which region is the service in?", Cost.COMMAND,
        "gcloud run services list --project={project}", example="us-central1",
    ),
    Sayable("caller", "What makes the call?", _CALLERS),
    _one(
        "host", "Which host does the caller call?",
        run_app="the service's own: run.app or cloudfunctions.net", custom="your own domain",
        google_api="one of Google's APIs (….googleapis.com), such as a Cloud Run job's `:run`",
    ),
    _one("account", "Which account does it call as?", example="checkout@shop-prod.iam.gserviceaccount.com"),
    _one(
        "meant", "Is the service meant to be public?",
        public="yes, anyone may call it", private="no, only some callers may",
        fronted="only through a load balancer, gateway or proxy, which this call bypasses",
    ),
    _one(
        "log", "What does the service's request log say about the call?", Cost.COMMAND, _REQUESTS,
        empty_header='no token arrived: "Empty Authorization header value"',
        lacks_permission='the token\'s account lacks "run.routes.invoke"',
        not_verified='the token "could not be verified"',
        latency="a latency: the container answered",
        nothing="it has no entry for the call",
    ),
    _one(
        "token-sent", "Does a token arrive with the request?", Cost.FLAG, "",
        no="no: the caller sends none, or it gets lost on the way", yes="yes",
    ),
    _one(
        "token-lost", "No token arrives. Where does it get lost?",
        never_attached="the caller's code or settings attach none",
        on_the_way="a proxy, gateway or library removes it",
        by_redirect="the client follows a redirect to another host",
        no_identity="the caller cannot have one: a browser, an app, a webhook",
        not_minted="the caller is set to attach one, but could not get it",
        preflight="the request is a browser's preflight (OPTIONS), which never carries one",
    ),
    _one(
        "token-kind", "What kind of token does the caller send?",
        id_token="a Google ID token",
        access_token="an OAuth access token",
        end_user="a token from Firebase, Auth0, Keycloak or the application itself",
        self_signed="a JWT signed with a service account's own key",
        forwarded="the token that it received, forwarded",
        bound="an agent identity's certificate-bound token",
    ),
    _one(
        "audience", "Which audience (aud) does the token have?", example="https://orders-123456789012.us-central1.run.app"
    ),
    _one(
        "token-age", "How old is the token?",
        fresh="less than an hour: it is fetched for each call, or refreshed", stale="it may be more than an hour old",
    ),
    _one(
        "token-account", "Whose token is it, by its email claim?",
        own="that of the account that the caller runs as",
        other="another account's, although the metadata server of the caller gave it",
    ),
    _one(
        "header", "How is the token sent?",
        one="in one header, as Authorization: Bearer TOKEN",
        malformed='in another form: "Bearer Bearer", quotes, a line break, no "Bearer"',
        several="several tokens, or the header twice",
        both="in Authorization and in X-Serverless-Authorization",
        shared="the application's own token and the platform's both use Authorization",
    ),
    _one(
        "front", "What is between the caller and the service?",
        nothing="nothing: the caller calls the run.app URL",
        load_balancer="a Google Cloud load balancer",
        armor="a load balancer with a Cloud Armor policy",
        url_mask="a load balancer whose serverless NEG has a URL mask",
        domain_mapping="a domain mapping",
        rewriting="a CDN or proxy that passes its own Host header on",
        proxy="our own proxy or gateway",
        bypassed="one of these, but this call bypasses it",
    ),
    _one(
        "scheme", "Does the URL start with http:// or https://?", https="https://", http="http://"
    ),
    _one(
        "invoker", "Which role does the caller's account have on the service?", Cost.COMMAND, _POLICY,
        granted="roles/run.invoker or run.servicesInvoker, on the service or above it",
        none="none",
        other_role="another role, such as viewer or cloudfunctions.invoker",
        other_resource="the right role, on another service, region or resource",
        other_account="none; another account has it, perhaps by mistake",
        request_condition="the right role, with a condition on the request or on a tag: its time, host or path",
        resource_condition="the right role, with a condition on the resource: its name, type or service",
        deleted_account="the right role, for a deleted account of the same name",
        pool_member="the right role, for a member of an identity pool: principal:// or principalSet://",
    ),
    _one(
        "denied", "Does an IAM deny policy forbid the call?", Cost.ADMINISTRATOR,
        "gcloud policy-intelligence troubleshoot-policy iam "
        "//run.googleapis.com/projects/{project}/locations/{region}/services/{service} "
        "--principal-email={account} --permission=run.routes.invoke --format=json",
        yes="a deny rule names run.googleapis.com/routes.invoke", no="none does",
    ),
    _one(
        "perimeter", "Is the project inside a VPC Service Controls perimeter?", Cost.ADMINISTRATOR,
        "gcloud logging read 'protoPayload.metadata.vpcServiceControlsUniqueId:*' --project={project} --limit=1 "
        "--format=json",
        yes="it is, and the caller is outside", no="it is not",
    ),
    _one(
        "worked-before", "Has this exact call ever worked?",
        never="no, never", until_change="yes, until something changed", for_a_while="yes, for some minutes or an hour",
    ),
    _one(
        "changed", "What changed last?", Cost.COMMAND, _CHANGES,
        nothing="nothing", deployed="the service was deployed", recreated="the service was deleted and created again",
        policy="its policy was replaced, for example by Terraform or set-iam-policy",
        granted="the role was granted some minutes ago", ingress="its ingress was opened",
    ),
    _one(
        "open-by", "How was it meant to be made public?", Cost.COMMAND, _DESCRIBE + "export",
        allusers="by a role for allUsers", check_off="by turning the invoker check off",
    ),
    _one(
        "allusers-refused", "Does an organization policy refuse allUsers?", Cost.ADMINISTRATOR,
        "gcloud org-policies describe iam.allowedPolicyMemberDomains --project={project} --effective",
        yes="it does: adding the role fails", no="it does not",
    ),
    _one(
        "exists", "Does a service with this name exist in this project and region?", Cost.COMMAND,
        "gcloud run services list --project={project}", yes="yes",
        no="no, or it is elsewhere",
        url_off="yes, but its run.app URL is disabled",
    ),
    _one(
        "domain", "Is the domain mapping ready?", Cost.COMMAND,
        "gcloud beta run domain-mappings list --project={project} --region={region}",
        ready="its certificate is issued", pending="not yet, or DNS does not point to Google",
    ),
    _one(
        "ingress", "Which ingress does the service have?", Cost.COMMAND,
        _DESCRIBE + "'value(metadata.annotations)'",
        all="all", internal="internal", internal_and_cloud_load_balancing="internal and Cloud Load Balancing",
        none="none",
    ),
    _one(
        "network", "Which network does the call come from?",
        internet="the internet, or a workload without VPC egress",
        vpc_all="a VPC network that carries all of the caller's traffic",
        vpc_private="a VPC network that carries private ranges only",
        other_project="a VPC network of another project",
        google="a Google product, such as Scheduler, Tasks, Pub/Sub or Eventarc",
    ),
    _one(
        "resolves", "What does the service's host resolve to, from where the caller runs?", Cost.COMMAND,
        "nslookup {host}",
        public="a public Google address",
        google_range="199.36.153.4/30 or 199.36.153.8/30, or a Private Service Connect endpoint",
        elsewhere="another address", nothing="nothing",
    ),
    _one(
        "google-access", "Is Private Google Access on in the caller's subnetwork?", Cost.COMMAND,
        "gcloud compute networks subnets list --project={project} "
        "--format='table(name,region,privateIpGoogleAccess)'",
        on="it is on", off="it is off",
    ),
    _one("iap", "Is Identity-Aware Proxy on for the service?", Cost.COMMAND, _DESCRIBE + "export",
         on="it is on", off="it is off"),
    _one(
        "iap-fault", "What does IAP refuse?", Cost.FLAG,
        token='the token: "Invalid IAP credentials"',
        person="a person who signed in but has no access",
        agent="nobody: IAP lets the call in, but Cloud Run refuses IAP's own service agent",
        sign_in="a program's call: it gets a redirect to the sign-in page, or a 401 that does not mention the token",
    ),
    _one(
        "account-state", "Does the service account exist, and is it enabled?", Cost.COMMAND,
        "gcloud iam service-accounts describe {account}",
        enabled="it exists and is enabled", disabled="it is disabled", missing="it does not exist",
    ),
    _one(
        "token-setting", "Which token is set in the job, task, subscription or step that makes the call?", Cost.FLAG,
        oidc="an OIDC token", oauth="an OAuth token", none="none",
    ),
    _one(
        "agent", "May the product's service agent mint tokens for the account?", Cost.COMMAND,
        "gcloud iam service-accounts get-iam-policy {account}",
        yes="it may", no="it may not: iam.serviceAccounts.getOpenIdToken is denied",
    ),
    _one(
        "app-reason", "Why does the application refuse the call?",
        signature="it verifies the token's signature, which Cloud Run removed",
        cors="its answer lacks CORS headers",
        token="its own token is missing, because the platform's took its place",
        other="for reasons of its own, or nobody knows",
    ),
)  # fmt: skip

BY_NAME: Final[Mapping[str, Sayable]] = {each.name: each for each in SAYABLE}


def example_of(fact: Sayable) -> str:
    """Return something that can be said of a fact."""
    return next(iter(fact.values), fact.example)
