"""A Run v2 service as the Knative object of the v1 API.

Annotations: https://cloud.google.com/run/docs/reference/rest/v1/ObjectMeta#FIELDS.annotations
"""

from __future__ import annotations

import json

from ..edge import workload_identity
from ..edge.services import whole_service
from ..state import resource_names as names
from ..state.cloud import Cloud
from ..state.knative_import import EGRESS, FLAGS, INGRESS, RUN
from ..state.world import Json

_STATES = {"CONDITION_SUCCEEDED": "True", "CONDITION_FAILED": "False"}


def to_knative(cloud: Cloud, name: str) -> Json:
    """The service as `namespaces.services.get` returns it."""
    service = whole_service(cloud, name)
    parts = names.path_of(name).split("/")
    project = cloud.project(parts[1])
    namespace, short = project.number if project else parts[1], parts[5]
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {
            "name": short,
            "namespace": namespace,
            "selfLink": f"/apis/serving.knative.dev/v1/namespaces/{namespace}/services/{short}",
            "uid": service["uid"],
            "resourceVersion": str(service["etag"]).strip('"'),
            "generation": int(service["generation"]),
            "creationTimestamp": service["createTime"],
            "labels": {**service.get("labels", {}), "cloud.googleapis.com/location": parts[3]},
            "annotations": _annotations(service),
        },
        "spec": {"template": _template(cloud, name, service), "traffic": _traffic(service.get("traffic", []))},
        "status": _status(service),
    }


def _annotations(service: Json) -> dict[str, str]:
    observed = INGRESS.get(str(service.get("ingress")), "all")
    found = {
        f"{RUN}ingress": observed,  # what is wanted; the world may say otherwise in the service's own annotations
        **{str(key): str(value) for key, value in service.get("annotations", {}).items()},
        f"{RUN}ingress-status": observed,
        f"{RUN}urls": json.dumps(service["urls"], separators=(",", ":")),
    }
    if service.get("customAudiences"):
        found[f"{RUN}custom-audiences"] = json.dumps(service["customAudiences"], separators=(",", ":"))
    found |= {RUN + annotation: "true" for annotation, field in FLAGS.items() if service.get(field)}
    who = {"serving.knative.dev/creator": "creator", "serving.knative.dev/lastModifier": "lastModifier"}
    found |= {key: str(service[field]) for key, field in who.items() if service.get(field)}
    if service.get("buildConfig", {}).get("functionTarget"):
        found[f"{RUN}build-function-target"] = str(service["buildConfig"]["functionTarget"])
    return found


def _template(cloud: Cloud, name: str, service: Json) -> Json:
    template = service["template"]
    access = template.get("vpcAccess") or {}
    annotations: dict[str, str] = {}
    if template.get("scaling", {}).get("maxInstanceCount"):
        annotations["autoscaling.knative.dev/maxScale"] = str(template["scaling"]["maxInstanceCount"])
    if access.get("connector"):
        annotations[f"{RUN}vpc-access-connector"] = str(access["connector"])
    if access.get("egress"):
        annotations[f"{RUN}vpc-access-egress"] = EGRESS.get(str(access["egress"]), "private-ranges-only")
    if access.get("networkInterfaces"):
        annotations[f"{RUN}network-interfaces"] = json.dumps(access["networkInterfaces"], separators=(",", ":"))
    if workload_identity.is_agent(cloud, name):
        certified = str(workload_identity.has_certificate(cloud, name)).lower()
        annotations |= {f"{RUN}identity-type": "agent-identity", f"{RUN}identity-certificate-enabled": certified}
    spec: Json = {
        "containerConcurrency": int(template.get("maxInstanceRequestConcurrency", 80)),
        "timeoutSeconds": int(str(template.get("timeout", "300s")).removesuffix("s").partition(".")[0]),
        "serviceAccountName": workload_identity.account(cloud, name),
        "containers": [_container(each) for each in template.get("containers", [])],
    }
    return {"metadata": {"annotations": annotations}, "spec": spec}


def _container(container: Json) -> Json:
    kept: Json = {
        key: container[key] for key in ("name", "image", "command", "args", "ports", "workingDir") if key in container
    }
    if container.get("env"):
        kept["env"] = [
            {"name": each["name"], "value": str(each["value"])} for each in container["env"] if "value" in each
        ]
    limits = container.get("resources", {}).get("limits")
    return {**kept, "resources": {"limits": limits}} if limits else kept


def _traffic(targets: list[Json]) -> list[Json]:
    found = []
    for each in targets:
        target: Json = {"percent": int(each.get("percent", 0))}
        if each.get("revision"):
            target["revisionName"] = str(each["revision"]).rsplit("/", 1)[-1]
        else:
            target["latestRevision"] = True
        target |= {key: each[field] for key, field in (("tag", "tag"), ("url", "uri")) if each.get(field)}
        found.append(target)
    return found


def _status(service: Json) -> Json:
    latest = str(service["latestReadyRevision"]).rsplit("/", 1)[-1]
    statuses = _traffic(service.get("trafficStatuses", []))
    return {
        "observedGeneration": int(service["observedGeneration"]),
        "conditions": [_condition(each) for each in (service["terminalCondition"], *service.get("conditions", []))],
        "latestReadyRevisionName": latest,
        "latestCreatedRevisionName": str(service["latestCreatedRevision"]).rsplit("/", 1)[-1],
        "traffic": [{"revisionName": latest, **each} for each in statuses],
        "url": service["uri"],
        "address": {"url": service["uri"]},
    }


def _condition(condition: Json) -> Json:
    found = {"type": condition.get("type"), "status": _STATES.get(str(condition.get("state")), "Unknown")}
    found |= {key: condition[key] for key in ("message", "lastTransitionTime", "reason") if condition.get(key)}
    return found
