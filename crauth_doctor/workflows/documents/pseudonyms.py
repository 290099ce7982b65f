"""Other names for whose something is: the same by the same, so that what is replaced can still be judged.

What Google alone names stays: regions, roles, products, hosts of APIs. A project's id and number stay one project, and
a URL of Cloud Run's own still tells its service's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from ...deferred import regex

_SEGMENT: Final = regex(r"(?<![\w.-])(?P<kind>[A-Za-z_]+)/(?=(?P<name>[^/\s\"',:?#*]+))")
_FOREIGN: Final = regex(
    r"(?:attribute\.\w+|github|gitlab|subject|federation/[^/\s]+/[^/\s]+|\.cloudfunctions\.net)/(?P<names>[^\s\"',?#]+)"
)
_QUOTED: Final = regex(r"'[^']+'|\"[^\"]+\"")
_BETWEEN: Final = regex(r"[/:@'\"]+")
_EMAIL: Final = regex(r"(?P<local>[\w.+-]+)@(?P<domain>[\w-]+(?:\.[\w-]+)+)")
_HOST: Final = regex(r"https?://(?P<host>[\w.-]+)")
_RUN: Final = regex(
    r"(?:(?P<tag>[\w-]+?)---)?(?P<name>[a-z][\w-]*?)-(?P<mark>\d{6,}|[a-z0-9]+-[a-z0-9]+)\.[\w.-]*run\.app"
)
_FUNCTIONS: Final = regex(r"[a-z]+(?:-[a-z]+)+\d+-(?P<project>[\w-]+)\.cloudfunctions\.net")
_WORD: Final = regex(r"[A-Za-z0-9][\w.-]*")

_NAMED: Final = frozenset(
    {
        *("projects", "folders", "organizations", "services", "jobs", "functions", "queues", "tasks", "subscriptions"),
        *("triggers", "workflows", "gateways", "apis", "configs", "topics", "instances", "clusters", "subnetworks"),
        *("networks", "managedZones", "connectors", "forwardingRules", "addresses", "domainmappings", "apps"),
        *("workloadIdentityPools", "workforcePools", "providers", "repositories", "denypolicies", "namespaces"),
        *("backendServices", "urlMaps", "networkEndpointGroups", "run", "job", "function", "scheduler", "pubsub"),
        *("eventarc", "workflow", "gce", "gke", "appengine", "apigateway", "cloudbuild", "revisions", "subject"),
        *("group", "versions", "executions", "accessPolicies", "servicePerimeters", "securityPolicies"),
        *("sslCertificates", "targetHttpProxies", "targetHttpsProxies", "reasoningEngines", "connections"),
        *("workerPools", "uptimeCheckConfigs", "workerpool", "agentengine", "bigquery", "build", "uptime"),
    }
)
"""Before a slash, they say that what follows is a name that users chose."""

_FIELDS: Final = frozenset(
    {"projectId", "projectNumber", "displayName", "title", "directoryCustomerId", "uniqueId", "uid"}
)
_PLAIN: Final = frozenset({"token", "obstacle", "read", "permission", "method", "version", "kind", "state", "type"})
"""Under these names stand words of Google's or this tool's own, which somebody may have called a service, too."""

_OF_SUBJECTS: Final = frozenset({"repo", "ref", "refs", "heads", "tags", "pull", "pull_request", "environment"})
"""Source: https://docs.github.com/en/actions/reference/security/oidc."""
_KEPT: Final = frozenset(
    {*_OF_SUBJECTS, "default", "global", "(default)", "-", "me", "browser", "app", "webhook", "laptop", "here"}
)
_GOOGLES: Final = (
    *("googleapis.com", "gserviceaccount.com", "google.com", "run.app", "cloudfunctions.net", "google.internal"),
    *("goog", "gstatic.com", "googleusercontent.com", "appspot.com", "example.com", "githubusercontent.com"),
)
_ACCOUNTS: Final = ".iam.gserviceaccount.com"
_SHORTEST: Final = 3


class Pseudonyms:
    """The other names of everything in one document."""

    def __init__(self, document: Any) -> None:
        self._others: dict[str, str] = {}
        for name, text in _texts(document):
            self._learn(name, text)
        words = sorted(self._others, key=len, reverse=True)
        either = "|".join(map(re.escape, words)) or r"(?!)"
        self._known = re.compile(rf"(?<![A-Za-z0-9_.])(?:{either})(?![A-Za-z0-9_])")

    def replaced(self, value: Any) -> Any:
        """Return a part of the document, its names replaced; keys of Google's own stay."""
        match value:
            case str():
                return self._text(value)
            case dict():
                return {self._key(key): one if key in _PLAIN else self.replaced(one) for key, one in value.items()}
            case list():
                return [self.replaced(one) for one in value]
            case _:
                return value

    def _key(self, key: str) -> str:
        return self._text(key) if re.search(r"[/.@-]", key) else key

    def _text(self, text: str) -> str:
        return self._known.sub(lambda found: self._others[found[0]], text)

    def _learn(self, name: str, text: str) -> None:
        for found in _EMAIL.finditer(text):
            self._account(found["local"], found["domain"].lower())
        for found in _SEGMENT.finditer(text):
            if found["kind"] in _NAMED:
                self._name(found["name"])
        for found in _FOREIGN.finditer(text):
            self._words(found["names"])
        for found in _HOST.finditer(text):
            self._host(found["host"].lower())
        if text.startswith("domain:"):
            self._host(text.removeprefix("domain:"))
        if name == "attributeCondition":
            for found in _QUOTED.finditer(text):
                self._words(found[0])
        if name in _FIELDS:
            for word in [text] if name != "displayName" else _WORD.findall(text):
                self._name(word)

    def _account(self, local: str, domain: str) -> None:
        if domain.endswith(_ACCOUNTS):
            project = domain.removesuffix(_ACCOUNTS)
            if project.startswith("gcp-sa-") or local.startswith("service-"):
                self._number(local.removeprefix("service-"))
                return
            self._name(project)
        elif domain == "developer.gserviceaccount.com":
            self._number(local.removesuffix("-compute"))
            return
        elif not domain.endswith(_GOOGLES):
            self._host(domain)
        self._name(local)

    def _host(self, host: str) -> None:
        run, function = _RUN.fullmatch(host), _FUNCTIONS.fullmatch(host)
        if run is not None:
            self._name(run["name"])
            if run["tag"]:
                self._name(run["tag"])
            if run["mark"].isdigit():
                self._number(run["mark"])
            else:
                self._hash(run["mark"].rpartition("-")[0])
        elif function is not None:
            self._name(function["project"])
        elif "." in host and not host.endswith(_GOOGLES) and not re.fullmatch(r"[\d.]+", host):
            self._others.setdefault(host, f"host-{len(self._others) + 1}.example.com")

    def _words(self, subject: str) -> None:
        """Take the names in what an issuer elsewhere says of somebody: `repo:OWNER/NAME:ref:refs/heads/BRANCH`."""
        for word in _BETWEEN.split(subject):
            self._name(word)

    def _name(self, name: str) -> None:
        if _EMAIL.fullmatch(name) or name.lower() in _KEPT or len(name) < _SHORTEST or name in _NAMED:
            return
        if name.isdigit():
            self._number(name)
        elif "." in name and not name.startswith("cloud_run-"):
            self._host(name.lower())
        elif _WORD.fullmatch(name):
            self._others.setdefault(name, f"name-{len(self._others) + 1}")

    def _number(self, number: str) -> None:
        if number.isdigit():
            self._others.setdefault(number, str(10 ** (max(len(number), 6) - 1) + len(self._others) + 1))

    def _hash(self, mark: str) -> None:
        self._others.setdefault(mark, f"h{len(self._others) + 1:05}")


def _texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text of a document, keys too, with the name that it stands under."""
    match value:
        case str():
            yield name, value
        case dict():
            for key, one in value.items():
                yield "", str(key)
                yield from _texts(one, str(key))
        case list():
            for one in value:
                yield from _texts(one, name)
        case _:
            pass
