"""The kinds of callers, one declaration each: all that can be said of a kind without reading anything.

How a caller of a kind is read stands in `collect.callers`. A new kind is a member of `CallerKind`, a row here and a
row there.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from ..deferred import dataclass
from .caller import Caller, CallerKind, Place
from .evidence import LogKind
from .exported import ExportKind


class TokenFrom(Enum):
    """How a call of some kind of caller comes by its token."""

    CODE = "the caller's own code asks for it, and so for its audience"
    PRODUCT = "a product of Google attaches it, with the audience that its resource sets"
    HAND = "a person gets it"
    NOTHING = "it has none"


@dataclass(frozen=True)
class KindOfCaller:
    """What holds for every caller of a kind."""

    kind: CallerKind
    word: str  # how one is named on the command line: the word before the slash, or all of it
    form: str  # what stands after the slash, as help writes it; empty where nothing does
    token: TokenFrom  # how its token comes to be
    label: str = ""  # what a person calls it who chooses from a list: several of them, or the one
    product: str = ""  # what sends its calls, as people call it
    host: str = ""  # of the API that its resource belongs to; empty where it is no resource
    names: str = ""  # what relative names of its resource look like
    place: Place | None = None  # where it calls from; None where its own settings tell
    agent: str = ""  # the domain of the service agent that mints its token, before `.iam.gserviceaccount.com`
    impersonates: bool = False  # whether its code gets ID tokens by impersonation, as no metadata server gives it any
    language: str | None = None  # what it is set up in, of the snippets; None where it is code of whatever language
    user_agents: tuple[str, ...] = ()  # parts of what its requests name as their agent, the product's own first
    export: ExportKind | None = None  # what an exported resource of it is
    of_end_user: bool = False  # whether a person uses it who is no user of Google Cloud
    log: LogKind | None = None  # the log in which its product tells of the calls that it makes
    in_sentence: str = ""  # how a sentence names it, where the word of the command line would read oddly

    @property
    def has_identity(self) -> bool:
        """Whether it can ever attach a token of Google's by itself."""
        return self.token is not TokenFrom.NOTHING

    @property
    def runs_code(self) -> bool:
        """Whether it is a resource that runs code of the user's own, which asks for the token."""
        return self.token is TokenFrom.CODE and bool(self.word)

    @property
    def is_sent(self) -> bool:
        """Whether a product of Google makes its calls, and from inside Google's network."""
        return self.token is TokenFrom.PRODUCT and self.place is Place.GOOGLE

    @property
    def usage(self) -> str:
        """How one is named on the command line, as errors write it."""
        return f"{self.word}/…" if self.form and self.word else self.word or self.form


_REGIONAL: Final = "projects/[^/]+/locations/[^/]+"
_CLUSTER: Final = r"/locations/[^/]+/clusters/[^/]+"
_PUSH_AGENTS: Final = ("CloudPubSub-Google", "APIs-Google")
"""Of what Pub/Sub pushes, for itself and for Eventarc."""

DECLARED: Final = (
    KindOfCaller(
        CallerKind.OPERATOR, "me", "", TokenFrom.HAND, "me: the account that runs this tool",
        place=Place.HERE, impersonates=True, language="curl", in_sentence="your account",
    ),
    KindOfCaller(
        CallerKind.BROWSER, "browser", "", TokenFrom.NOTHING, "a browser",
        place=Place.INTERNET, user_agents=("Mozilla/5.0",), of_end_user=True, in_sentence="the browser",
    ),
    KindOfCaller(
        CallerKind.APP, "app", "", TokenFrom.NOTHING, "an app that end users sign in to",
        place=Place.INTERNET, user_agents=("dart/", "okhttp", "CFNetwork"), of_end_user=True, in_sentence="the app",
    ),
    KindOfCaller(
        CallerKind.WEBHOOK, "webhook", "", TokenFrom.NOTHING, "a webhook",
        place=Place.INTERNET, user_agents=("webhook", "hookshot", "Slackbot", "TwilioProxy"), in_sentence="the webhook",
    ),
    KindOfCaller(
        CallerKind.LAPTOP, "laptop", "", TokenFrom.HAND, "a developer's laptop",
        place=Place.INTERNET, impersonates=True, language="curl", in_sentence="the laptop",
    ),
    KindOfCaller(
        CallerKind.CLOUD_RUN_SERVICE, "run", "NAME", TokenFrom.CODE, "Cloud Run services",
        host="run.googleapis.com", names=f"{_REGIONAL}/services/[^/]+",
    ),
    KindOfCaller(
        CallerKind.CLOUD_RUN_JOB, "job", "NAME", TokenFrom.CODE, "Cloud Run jobs",
        host="run.googleapis.com", names=f"{_REGIONAL}/jobs/[^/]+",
    ),
    KindOfCaller(
        CallerKind.WORKER_POOL, "workerpool", "NAME", TokenFrom.CODE, "Cloud Run worker pools",
        host="run.googleapis.com", names=f"{_REGIONAL}/workerPools/[^/]+",
    ),
    KindOfCaller(
        CallerKind.FUNCTION, "function", "NAME", TokenFrom.CODE, "Cloud Run functions",
        host="cloudfunctions.googleapis.com", names=f"{_REGIONAL}/functions/[^/]+",
    ),
    KindOfCaller(
        CallerKind.SCHEDULER, "scheduler", "JOB", TokenFrom.PRODUCT, "Scheduler jobs", "Cloud Scheduler",
        host="cloudscheduler.googleapis.com", names=f"{_REGIONAL}/jobs/[^/]+",
        place=Place.GOOGLE, agent="gcp-sa-cloudscheduler",
        language="scheduler", user_agents=("Google-Cloud-Scheduler",), export=ExportKind.SCHEDULER_JOB,
        log=LogKind.SCHEDULER,
    ),
    KindOfCaller(
        CallerKind.TASKS, "tasks", "QUEUE", TokenFrom.PRODUCT, "Tasks queues", "Cloud Tasks",
        host="cloudtasks.googleapis.com", names=f"{_REGIONAL}/queues/[^/]+(?:/tasks/[^/]+)?",
        place=Place.GOOGLE, agent="gcp-sa-cloudtasks",
        language="tasks", user_agents=("Google-Cloud-Tasks",), export=ExportKind.TASK,
        log=LogKind.TASKS,
    ),
    KindOfCaller(
        CallerKind.PUBSUB, "pubsub", "SUBSCRIPTION", TokenFrom.PRODUCT, "Pub/Sub push subscriptions", "Pub/Sub",
        host="pubsub.googleapis.com", names="projects/[^/]+/subscriptions/[^/]+",
        place=Place.GOOGLE, agent="gcp-sa-pubsub",
        language="pubsub", user_agents=_PUSH_AGENTS, export=ExportKind.SUBSCRIPTION,
    ),
    KindOfCaller(
        CallerKind.EVENTARC, "eventarc", "TRIGGER", TokenFrom.PRODUCT, "Eventarc triggers", "Eventarc",
        host="eventarc.googleapis.com", names=f"{_REGIONAL}/triggers/[^/]+",
        place=Place.GOOGLE, agent="gcp-sa-pubsub",
        language="eventarc", user_agents=_PUSH_AGENTS, export=ExportKind.TRIGGER,
    ),
    KindOfCaller(
        CallerKind.WORKFLOW, "workflow", "NAME", TokenFrom.PRODUCT, "Workflows", "Workflows",
        host="workflows.googleapis.com", names=f"{_REGIONAL}/workflows/[^/]+",
        place=Place.GOOGLE,
        language="workflows", user_agents=("GoogleWorkflows",), export=ExportKind.WORKFLOW,
    ),
    KindOfCaller(
        CallerKind.COMPUTE_ENGINE, "gce", "ZONE/INSTANCE", TokenFrom.CODE, "Compute Engine instances",
        host="compute.googleapis.com", names="projects/[^/]+/zones/[^/]+/instances/[^/]+",
    ),
    KindOfCaller(
        CallerKind.GKE, "gke", "CLUSTER/NAMESPACE/KSA", TokenFrom.CODE, "GKE workloads",
        host="container.googleapis.com", names=f"projects/[^/]+{_CLUSTER}(?:/[^/]+/[^/]+)?",
    ),
    KindOfCaller(
        CallerKind.APP_ENGINE, "appengine", "SERVICE", TokenFrom.CODE, "App Engine services",
        host="appengine.googleapis.com", names="apps/[^/]+/services/[^/]+",
    ),
    KindOfCaller(
        CallerKind.API_GATEWAY, "apigateway", "GATEWAY", TokenFrom.PRODUCT, "API gateways", "API Gateway",
        host="apigateway.googleapis.com", names=f"{_REGIONAL}/gateways/[^/]+",
        place=Place.INTERNET, language="apigateway",
    ),
    KindOfCaller(
        CallerKind.BIGQUERY, "bigquery", "CONNECTION", TokenFrom.PRODUCT, "BigQuery connections", "BigQuery",
        host="bigqueryconnection.googleapis.com", names=f"{_REGIONAL}/connections/[^/]+",
        place=Place.GOOGLE,
    ),
    KindOfCaller(
        CallerKind.UPTIME_CHECK, "uptime", "CHECK", TokenFrom.PRODUCT, "uptime checks", "Cloud Monitoring",
        host="monitoring.googleapis.com", names="projects/[^/]+/uptimeCheckConfigs/[^/]+",
        place=Place.GOOGLE, user_agents=("GoogleStackdriverMonitoring-UptimeChecks",),
    ),
    KindOfCaller(
        CallerKind.AGENT_ENGINE, "agentengine", "ENGINE", TokenFrom.CODE, "Agent Engine agents",
        host="aiplatform.googleapis.com", names=f"{_REGIONAL}/reasoningEngines/[^/]+",
    ),
    KindOfCaller(
        CallerKind.CLOUD_BUILD, "build", "TRIGGER", TokenFrom.CODE, "Cloud Build triggers",
        host="cloudbuild.googleapis.com", names=f"(?:{_REGIONAL}|projects/[^/]+)/triggers/[^/]+",
        impersonates=True, language="curl",
    ),
    KindOfCaller(
        CallerKind.FEDERATION, "federation", "POOL/PROVIDER[/SUBJECT]", TokenFrom.CODE, "federated workloads",
        host="iam.googleapis.com",
        names="projects/[^/]+/locations/global/workloadIdentityPools/[^/]+/providers/[^/]+(?:/.+)?",
        place=Place.INTERNET, impersonates=True, language="curl",
    ),
    KindOfCaller(
        CallerKind.SERVICE_ACCOUNT, "", "E-MAIL", TokenFrom.CODE,
        host="iam.googleapis.com", names="projects/[^/]+/serviceAccounts/[^/@]+@[^/@]+", impersonates=True,
    ),
    KindOfCaller(CallerKind.PRINCIPAL, "", "MEMBER", TokenFrom.HAND, impersonates=True, language="curl"),
)  # fmt: skip
"""In the order in which errors offer them, and in which a request's agent is looked for.

Documentation: https://docs.cloud.google.com/iam/docs/full-resource-names (hosts and names),
https://docs.cloud.google.com/iam/docs/service-agents (agents); user agents are of captured requests, and of
https://docs.cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#HttpTarget,
https://docs.cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues.tasks#HttpRequest
"""

MEMBERS: Final = ("user:", "serviceAccount:", "group:", "principal:", "principalSet:")
"""How members begin, as IAM writes them, that may stand for a caller."""

_BY_KIND: Final = {one.kind: one for one in DECLARED}


def declared(kind: CallerKind) -> KindOfCaller:
    """Return what holds for every caller of a kind."""
    return _BY_KIND[kind]


def name_of(caller: Caller) -> str:
    """Return the caller as a sentence names it: the user's own words, or the short name of a resource."""
    asked = caller.asked
    name = asked.rsplit("/", 1)[-1] if asked.startswith("//") else asked
    return declared(caller.kind).in_sentence or ("the caller" if name == "-" else name)


def named(asked: str) -> tuple[KindOfCaller, str] | None:
    """Return the kind of a caller by its name on the command line or its full resource name, and what names the one.

    That is what stands after the word's slash, the relative resource name, an e-mail address or a member; of an
    identity, the kind is only known when it is judged.

    Returns:
        None for words that name no caller of any kind.
    """
    if asked.startswith(MEMBERS):
        return _BY_KIND[CallerKind.PRINCIPAL], asked
    if asked.startswith("//"):
        return _of_resource(asked)
    word, _, name = asked.partition("/")
    for one in DECLARED:
        if word and one.word == word and bool(name) == bool(one.form) and ("/" in asked) == bool(name):
            return one, name
    local, at, domain = asked.partition("@")
    is_email = bool(local and at and "." in domain) and not any(character in asked for character in ": /")
    return (_BY_KIND[CallerKind.SERVICE_ACCOUNT], asked) if is_email else None


def _of_resource(asked: str) -> tuple[KindOfCaller, str] | None:
    host, _, relative = asked.removeprefix("//").partition("/")
    if host.startswith("container."):
        relative = _of_workload(relative)
    for one in DECLARED:
        if host and one.host == host and re.fullmatch(one.names, relative):
            return one, relative if one.word else relative.rsplit("/", 1)[-1]
    return None


def _of_workload(relative: str) -> str:
    """A cluster's name in its present form, `…/locations/…`, and its workload as `NAMESPACE/KSA`.

    Source: https://docs.cloud.google.com/asset-inventory/docs/asset-names
    """
    relative = re.sub(r"^(projects/[^/]+)/zones/", r"\1/locations/", relative)
    return re.sub(r"/k8s/namespaces/([^/]+)/(?i:serviceaccounts)/([^/]+)$", r"/\1/\2", relative)
