"""Full resource names of callers, as consoles, logs and Asset Inventory write them: which kind each is.

Documentation: https://docs.cloud.google.com/iam/docs/full-resource-names
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

ACCOUNT: Final = "serviceAccount"
"""Stands for a service account, which is named by its e-mail address and has no word before a slash."""

_REGIONAL: Final = "projects/[^/]+/locations/[^/]+"
_CLUSTER: Final = r"/locations/[^/]+/clusters/[^/]+"

_FORMS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "run": (("run", f"{_REGIONAL}/services/[^/]+"), ("job", f"{_REGIONAL}/jobs/[^/]+")),
    "cloudfunctions": (("function", f"{_REGIONAL}/functions/[^/]+"),),
    "cloudscheduler": (("scheduler", f"{_REGIONAL}/jobs/[^/]+"),),
    "cloudtasks": (("tasks", f"{_REGIONAL}/queues/[^/]+(?:/tasks/[^/]+)?"),),
    "pubsub": (("pubsub", "projects/[^/]+/subscriptions/[^/]+"),),
    "eventarc": (("eventarc", f"{_REGIONAL}/triggers/[^/]+"),),
    "workflows": (("workflow", f"{_REGIONAL}/workflows/[^/]+"),),
    "compute": (("gce", "projects/[^/]+/zones/[^/]+/instances/[^/]+"),),
    "container": (("gke", f"projects/[^/]+{_CLUSTER}(?:/[^/]+/[^/]+)?"),),
    "appengine": (("appengine", "apps/[^/]+/services/[^/]+"),),
    "apigateway": (("apigateway", f"{_REGIONAL}/gateways/[^/]+"),),
    "cloudbuild": (("build", f"(?:{_REGIONAL}|projects/[^/]+)/triggers/[^/]+"),),
    "iam": (
        (ACCOUNT, "projects/[^/]+/serviceAccounts/[^/@]+@[^/@]+"),
        ("federation", "projects/[^/]+/locations/global/workloadIdentityPools/[^/]+/providers/[^/]+(?:/.+)?"),
    ),
}
"""By API, each kind's word and what its relative names look like."""


def parted(asked: str) -> tuple[str, str] | None:
    """Part a full resource name into the word of its kind and its relative name; a service account's is its e-mail.

    Returns:
        None for words that are no full resource name of a kind of caller.
    """
    host, _, relative = asked.removeprefix("//").partition("/")
    if not asked.startswith("//") or not host.endswith(".googleapis.com"):
        return None
    if host.startswith("container."):
        relative = _of_workload(relative)
    for word, form in _FORMS.get(host.removesuffix(".googleapis.com"), ()):
        if re.fullmatch(form, relative):
            return word, relative.rsplit("/", 1)[-1] if word == ACCOUNT else relative
    return None


def _of_workload(relative: str) -> str:
    """A cluster's name in its present form, `…/locations/…`, and its workload as `NAMESPACE/KSA`.

    Source: https://docs.cloud.google.com/asset-inventory/docs/asset-names
    """
    relative = re.sub(r"^(projects/[^/]+)/zones/", r"\1/locations/", relative)
    return re.sub(r"/k8s/namespaces/([^/]+)/(?i:serviceaccounts)/([^/]+)$", r"/\1/\2", relative)
