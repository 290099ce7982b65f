"""A Knative object (sent by gcloud, or exported by a user) back to the Run v2 service that it stands for."""

from __future__ import annotations

import json
from typing import Any

from .world import Json

# The annotations: https://cloud.google.com/run/docs/reference/rest/v1/ObjectMeta#FIELDS.annotations
RUN = "run.googleapis.com/"
INGRESS = {
    "INGRESS_TRAFFIC_ALL": "all",
    "INGRESS_TRAFFIC_INTERNAL_ONLY": "internal",
    "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER": "internal-and-cloud-load-balancing",
    "INGRESS_TRAFFIC_NONE": "none",
}
INGRESS_BACK = {value: key for key, value in INGRESS.items()}
EGRESS = {"ALL_TRAFFIC": "all-traffic", "PRIVATE_RANGES_ONLY": "private-ranges-only"}
EGRESS_BACK = {"all-traffic": "ALL_TRAFFIC", "all": "ALL_TRAFFIC", "private-ranges-only": "PRIVATE_RANGES_ONLY"}
FLAGS = {
    "invoker-iam-disabled": "invokerIamDisabled",
    "default-url-disabled": "defaultUriDisabled",
    "iap-enabled": "iapEnabled",
}


def is_knative(resource: Json) -> bool:
    """Whether a service was exported by v1 (`gcloud run services describe`)."""
    return str(resource.get("apiVersion", "")).startswith("serving.knative.dev/")


def service_of_export(exported: Json) -> Json:
    """The v2 service of a v1 export: what decides, and what every reader shows."""
    annotations = exported.get("metadata", {}).get("annotations", {})
    observed = INGRESS_BACK.get(str(annotations.get(f"{RUN}ingress-status")), "INGRESS_TRAFFIC_ALL")
    service = from_knative(exported, {}) | {"ingress": observed}
    metadata, status = exported.get("metadata", {}), exported.get("status", {})
    service |= {
        key: metadata[name] for key, name in (("uid", "uid"), ("createTime", "creationTimestamp")) if name in metadata
    }
    service["generation"] = service["observedGeneration"] = str(metadata.get("generation", 1))
    labels = {key: value for key, value in metadata.get("labels", {}).items() if key != "cloud.googleapis.com/location"}
    wanted = annotations.get(f"{RUN}ingress")
    kept = {f"{RUN}ingress": wanted} if wanted and INGRESS_BACK.get(wanted) != observed else {}
    service |= {key: value for key, value in (("labels", labels), ("annotations", kept)) if value}
    if annotations.get(f"{RUN}urls"):
        service["urls"] = json.loads(annotations[f"{RUN}urls"])
    if status.get("url"):
        service["uri"] = status["url"]
    if annotations.get(f"{RUN}build-function-target"):
        service["buildConfig"] = {"functionTarget": annotations[f"{RUN}build-function-target"]}
    images = [
        each.get("image") for each in exported.get("spec", {}).get("template", {}).get("spec", {}).get("containers", [])
    ]
    service["template"]["containers"] = [{"image": each} for each in images if each]
    return service


def from_knative(sent: Json, service: Json) -> Json:
    """The v2 service after a v1 replace, as far as it decides who gets in; the rest stays as it is."""
    metadata = sent.get("metadata", {})
    annotations: dict[str, Any] = metadata.get("annotations", {})
    changed = dict(service)
    if f"{RUN}ingress" in annotations:
        changed["ingress"] = INGRESS_BACK.get(str(annotations[f"{RUN}ingress"]), changed.get("ingress"))
    audiences = json.loads(annotations.get(f"{RUN}custom-audiences") or "[]")
    changed["customAudiences"] = audiences
    for annotation, field in FLAGS.items():
        changed[field] = str(annotations.get(RUN + annotation, "false")).lower() == "true"
    for field in ("customAudiences", *FLAGS.values()):
        if not changed[field]:
            del changed[field]
    template = sent.get("spec", {}).get("template", {})
    changed["template"] = _template_back(template, service.get("template", {}))
    return changed


def _template_back(sent: Json, template: Json) -> Json:
    annotations = sent.get("metadata", {}).get("annotations", {})
    access: Json = {}
    if annotations.get(f"{RUN}vpc-access-connector"):
        access["connector"] = annotations[f"{RUN}vpc-access-connector"]
    if annotations.get(f"{RUN}network-interfaces"):
        access["networkInterfaces"] = json.loads(annotations[f"{RUN}network-interfaces"])
    if annotations.get(f"{RUN}vpc-access-egress"):
        access["egress"] = EGRESS_BACK.get(annotations[f"{RUN}vpc-access-egress"], "PRIVATE_RANGES_ONLY")
    changed = {key: value for key, value in template.items() if key != "vpcAccess"}
    if access:
        changed["vpcAccess"] = access
    account = sent.get("spec", {}).get("serviceAccountName")
    return {**changed, "serviceAccount": account} if account else changed
