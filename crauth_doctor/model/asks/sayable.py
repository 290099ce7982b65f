"""What a person can say of a call, and what an answer costs: plain data, of which the diagnosis makes its questions.

What is said is not read: it makes a cause likely, never proven.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from ...deferred import dataclass
from ..caller_kinds import DECLARED


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
    """A fact that a person can say.

    Args:
        name: as `--say` takes it.
        values: what can be said, and what each means; empty where anything can be, such as a URL.
        example: what is said, where anything can be.
        usual: what is so of most calls whose cause has nothing to do with it; empty where no value is.
        command: shows the answer and changes nothing; names in braces are filled in from what is known.
    """

    name: str
    question: str
    values: Mapping[str, str]
    example: str = ""
    cost: Cost = Cost.FLAG
    usual: str = ""
    command: str = ""


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
    return Sayable(name, question, MappingProxyType(named), example, cost, _USUAL.get(name, ""), command)


_DESCRIBE: Final = "gcloud run services describe {service} --project={project} --region={region} --format="
_POLICY: Final = "gcloud run services get-iam-policy {service} --project={project} --region={region} --format=json"
_REQUESTS: Final = (
    "gcloud logging read 'resource.type=cloud_run_revision resource.labels.service_name={service} "
    "httpRequest.status>=400' --project={project} --limit=1 --format=json"
)
_CHANGES: Final = (
    "gcloud logging read 'logName:cloudaudit.googleapis.com protoPayload.resourceName:services/{service}' "
    "--project={project} --limit=5 --format=json"
)

_CALLERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        one.kind.value: one.label or one.product or one.kind.value.replace("-", " ")
        for one in DECLARED
        if one.word not in {"", "me"}
    }
)
SAYABLE: Final[tuple[Sayable, ...]] = (
    _one("url", "Which URL does the caller call?", example="https://orders-123456789012.us-central1.run.app/v1"),
    _one(
        "status", "Which HTTP status does the caller get?",
        _401="401", _403="403", _404="404", server_error="500 or more",
        none="no answer comes: a time-out, a refused connection",
        other="another one",
    ),
    _one(
        "answer", "What does the body of the answer look like?", Cost.FLAG, "curl -i {url}",
        google_page="Google's plain white page: \"Error: Forbidden\", \"Error: Unauthorized\", \"Page not found\"",
        google_forbidden="Google's page that says \"Access is forbidden.\"",
        google_robot="Google's 404 page with the broken robot",
        iap="it speaks of IAP, or is Google's sign-in page",
        application="the application's own: JSON, or a page that you know",
        bare='nothing but "403 Forbidden", in a page without a sentence',
        between="that of a proxy, a web filter or a CDN",
    ),
    _one("project", "In which project is the service?", Cost.COMMAND, "gcloud projects list", example="shop-prod"),
    _one(
        "region", "In which region is the service?", Cost.COMMAND,
        "gcloud run services list --project={project}", example="us-central1",
    ),
    Sayable("caller", "What makes the call?", _CALLERS),
    _one(
        "host", "Which host does the caller call?",
        run_app="the service's own: run.app, or cloudfunctions.net", custom="a domain of your own",
        google_api="one of Google's APIs (….googleapis.com), such as a Cloud Run job's `:run`",
    ),
    _one("account", "As which account does it call?", example="checkout@shop-prod.iam.gserviceaccount.com"),
    _one(
        "meant", "Is the service meant to be open to everybody?",
        public="yes, anybody may call it", private="no, only some callers may",
        fronted="only through a load balancer, gateway or proxy; this call goes around it",
    ),
    _one(
        "log", "What does the service's request log say of the call?", Cost.COMMAND, _REQUESTS,
        empty_header='no token arrived: "Empty Authorization header value"',
        lacks_permission='the token\'s account may not: it lacks "run.routes.invoke"',
        not_verified='the token is no good: "could not be verified"',
        latency="a latency: the container answered",
        nothing="nothing: it has no entry of the call",
    ),
    _one(
        "token-sent", "Does a token arrive with the request?", Cost.FLAG, "",
        no="no, the caller sends none, or it is lost on the way", yes="yes",
    ),
    _one(
        "token-lost", "The caller attaches a token, and none arrives. Or does it attach none?",
        never_attached="the caller's code, or its setting, attaches none",
        on_the_way="it attaches one, and a proxy, gateway or library removes it",
        by_redirect="it attaches one, and the client follows a redirect to another host",
        no_identity="it cannot have one: a browser, an app, a webhook",
        not_minted="it is set to attach one, and could not get any",
        preflight="it is a browser's preflight (OPTIONS), which never carries one",
    ),
    _one(
        "token-kind", "What kind of token does the caller send?",
        id_token="an ID token of Google's",
        access_token="an OAuth access token",
        end_user="a token of Firebase, Auth0, Keycloak or the application itself",
        self_signed="a JWT that is signed with a service account's own key",
        forwarded="the token that it received itself, sent on",
        bound="a certificate-bound token of an agent identity",
    ),
    _one(
        "audience", "Which audience (aud) does the token have?", example="https://orders-123456789012.us-central1.run.app"
    ),
    _one(
        "token-age", "How old is the token?",
        fresh="it is fetched anew for each call, or within the hour", stale="it may be older than an hour",
    ),
    _one(
        "token-account", "Whose token is it?",
        own="the caller's own account's", other="another account's, which the caller does not run as",
    ),
    _one(
        "header", "How is the token sent?",
        one="in one header, as Authorization: Bearer TOKEN",
        malformed='in another form: "Bearer Bearer", quotes, a line break, no "Bearer"',
        several="several tokens, or the header twice",
        both="in Authorization, and X-Serverless-Authorization is there as well",
        shared="the application's own token and the platform's both want Authorization",
    ),
    _one(
        "front", "What stands between the caller and the service?",
        nothing="nothing: the caller calls the run.app URL",
        load_balancer="a load balancer of Google's",
        armor="a load balancer with a Cloud Armor policy",
        url_mask="a load balancer whose serverless NEG has a URL mask",
        domain_mapping="a domain that is mapped to the service",
        rewriting="a CDN or proxy that passes its own Host header on",
        proxy="a proxy or gateway of our own",
        bypassed="a front, and this call goes around it",
    ),
    _one(
        "scheme", "Does the URL that the caller calls begin with http:// or https://?", https="https://", http="http://"
    ),
    _one(
        "invoker", "Which role does the caller's account have on the service?", Cost.COMMAND, _POLICY,
        granted="roles/run.invoker or run.servicesInvoker, on the service or above it",
        none="none",
        other_role="another role, such as viewer or cloudfunctions.invoker",
        other_resource="the right role, on another service, region or resource",
        other_account="none; another account has it, which this caller was taken for",
        on_condition="the right role, with a condition",
        deleted_account="the right role, for a deleted account of the same name",
    ),
    _one(
        "condition", "What does the condition of the role look at?", Cost.COMMAND, _POLICY,
        request="the request: its time, host or path",
        resource="the resource: its name, type or service",
    ),
    _one(
        "denied", "Does an IAM deny policy forbid it?", Cost.ADMINISTRATOR,
        "gcloud iam policies list --kind=denypolicies "
        "--attachment-point=cloudresourcemanager.googleapis.com/projects/{project}",
        yes="a deny rule names run.googleapis.com/routes.invoke", no="none does",
    ),
    _one(
        "perimeter", "Is the project inside a VPC Service Controls perimeter?", Cost.ADMINISTRATOR,
        "gcloud logging read 'protoPayload.metadata.vpcServiceControlsUniqueId:*' --project={project} --limit=1 "
        "--format=json",
        yes="it is, and the caller is outside", no="it is not",
    ),
    _one(
        "worked-before", "Did this very call work before?",
        never="it never did", until_change="until something was changed", for_a_while="for some minutes or an hour",
    ),
    _one(
        "changed", "What was changed last?", Cost.COMMAND, _CHANGES,
        nothing="nothing", deployed="the service was deployed", recreated="the service was deleted and created anew",
        policy="its policy was written anew, as by Terraform or set-iam-policy",
        granted="the role was granted some minutes ago", ingress="its ingress was changed",
    ),
    _one(
        "open-by", "By what was it to be open to everybody?", Cost.COMMAND, _DESCRIBE + "export",
        allusers="by a role for allUsers", check_off="by switching the invoker check off",
    ),
    _one(
        "allusers-refused", "Does an organization policy refuse allUsers?", Cost.ADMINISTRATOR,
        "gcloud org-policies describe iam.allowedPolicyMemberDomains --project={project} --effective",
        yes="it does: adding the role fails", no="it does not",
    ),
    _one(
        "exists", "Is there a service of this name, in this project and region?", Cost.COMMAND,
        "gcloud run services list --project={project}", yes="there is",
        no="there is none, or it is elsewhere",
        url_off="there is, and its run.app URL is switched off",
    ),
    _one(
        "domain", "Is the mapping of the domain ready?", Cost.COMMAND,
        "gcloud beta run domain-mappings list --project={project} --region={region}",
        ready="its certificate is issued", pending="it is not, or DNS does not lead to Google",
    ),
    _one(
        "ingress", "Which ingress does the service have?", Cost.COMMAND,
        _DESCRIBE + "'value(metadata.annotations)'",
        all="all", internal="internal", internal_and_cloud_load_balancing="internal and Cloud Load Balancing",
        none="none",
    ),
    _one(
        "network", "From where in the network does the call come?",
        internet="from the internet, or from a workload without VPC egress",
        vpc_all="from a VPC network that takes all its traffic",
        vpc_private="from a VPC network that takes private ranges only",
        other_project="from a VPC network of another project",
        google="from a product of Google's, such as Scheduler, Tasks, Pub/Sub or Eventarc",
    ),
    _one(
        "resolves", "What does the service's host resolve to where the caller runs?", Cost.COMMAND,
        "nslookup {host}",
        public="an address of Google's on the internet",
        google_range="199.36.153.4/30 or 199.36.153.8/30, or a Private Service Connect endpoint",
        elsewhere="another address", nothing="nothing",
    ),
    _one(
        "google-access", "Is Private Google Access on, in the caller's subnetwork?", Cost.COMMAND,
        "gcloud compute networks subnets list --project={project} "
        "--format='table(name,region,privateIpGoogleAccess)'",
        on="it is on", off="it is off",
    ),
    _one("iap", "Is Identity-Aware Proxy on, for the service?", Cost.COMMAND, _DESCRIBE + "export",
         on="it is on", off="it is off"),
    _one(
        "iap-fault", "What does IAP refuse?", Cost.FLAG,
        token='the token: "Invalid IAP credentials"',
        person="a person who signed in, and has no access",
        agent="nobody: it lets in, and Cloud Run then refuses IAP's own service agent",
        sign_in="a program's call: it gets a redirect to the sign-in page, or 401 without a word of the token",
    ),
    _one(
        "account-state", "Does the service account exist, and is it enabled?", Cost.COMMAND,
        "gcloud iam service-accounts describe {account}",
        enabled="it does, and is", disabled="it is disabled", missing="it does not exist",
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
        signature="it verifies the token's signature, which Cloud Run took away",
        cors="the browser misses its CORS headers",
        token="it misses its own token, which the platform's displaced",
        other="its own reasons, or nobody knows",
    ),
)  # fmt: skip

BY_NAME: Final[Mapping[str, Sayable]] = MappingProxyType({each.name: each for each in SAYABLE})


SAID_OF: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "call": ("url", "host", "scheme"),
        "call_leads_here": ("front", "exists"),
        "audience_leads_here": ("audience",),
        "service": ("exists", "project", "region", "iap", "open-by"),
        "ingress": ("ingress",),
        "wanted_ingress": ("changed",),
        "caller": ("caller",),
        "principal": ("account",),
        "account": ("account-state",),
        "token": ("token-sent", "token-kind", "token-account", "audience", "token-age"),
        "sending": ("token-setting",),
        "minting": ("agent",),
        "origin": ("network",),
        "subnetwork": ("google-access",),
        "zones": ("resolves",),
        "policies": ("invoker", "condition"),
        "elsewhere": ("invoker",),
        "denials": ("denied",),
        "iap_policy": ("iap-fault",),
        "constraints": ("allusers-refused",),
        "siblings": ("meant",),
        "domain": ("domain",),
        "load_balancer": ("front",),
        "written": ("changed", "worked-before"),
        "seen": ("status", "answer", "iap-fault", "app-reason"),
        "evidence": ("log", "header", "front", "token-lost", "worked-before"),
        "logged": ("perimeter",),
    }
)
"""By the fact that is read: what a person can say in its place."""

NOT_SAYABLE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "now": "the clock tells",
        "namesakes": "found by looking; `exists` and `region` say what matters of it",
        "caller_service": "settings that nobody knows by heart; `network` says where it calls from",
        "minted": "this tool makes it",
        "attempt": "the product's own record, which `status` says in a word",
        "federation": "conditions and mappings of a provider, which are pasted or read",
        "troubleshot": "Policy Troubleshooter's word on what `invoker` and `denied` say",
        "refused": "entries of the log; `status` and `token-sent` say what they show",
        "calls": "this tool makes them",
        "instances": "a setting of the service, which has to be read",
        "failed": "what could not be read, which is no fact of the call",
        "judged": "which of several calls is meant, which `url` says",
        "said": "what was said",
    }
)
"""Facts that nobody can say, and why."""


def example_of(fact: Sayable) -> str:
    """Return something that can be said of a fact."""
    return next(iter(fact.values), fact.example)
