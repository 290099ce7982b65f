"""Cloud Run services as the world declares them, with the defaults that a real one has."""

from __future__ import annotations

import base64
import uuid
from urllib.parse import urlsplit

from ..state import resource_names as names
from ..state.cloud import Cloud
from ..state.world import Json

_EPOCH = "2026-01-01T00:00:00.000000Z"


def deterministic_url(cloud: Cloud, name: str) -> str:
    """`https://SERVICE-PROJECTNUMBER.REGION.run.app`: https://cloud.google.com/run/docs/triggering/https-request."""
    parts = names.path_of(name).split("/")
    project = cloud.project(parts[1])
    return f"https://{parts[5]}-{project.number if project else parts[1]}.{parts[3]}.run.app"


def urls_of(cloud: Cloud, name: str) -> list[str]:
    """The URLs of a service: declared, or its deterministic one besides its `uri`."""
    service = cloud.resources[name]
    declared = [str(each) for each in service.get("urls", [])]
    uri = service.get("uri")
    urls = declared or [deterministic_url(cloud, name)]
    return list(dict.fromkeys([*urls, *([str(uri)] if uri else [])]))


def whole_service(cloud: Cloud, name: str) -> Json:
    """The service as Run v2 `get` returns it: the world's own fields over what every service has."""
    service = cloud.resources[name]
    path = names.path_of(name)
    short = path.rsplit("/", 1)[1]
    revision = f"{path}/revisions/{short}-00001-abc"
    ready = {"type": "Ready", "state": "CONDITION_SUCCEEDED", "lastTransitionTime": _EPOCH}
    defaults: Json = {
        "name": path,
        "uid": str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
        "generation": "1",
        "createTime": _EPOCH,
        "updateTime": _EPOCH,
        "ingress": "INGRESS_TRAFFIC_ALL",
        "launchStage": "GA",
        "template": {},
        "traffic": [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}],
        "observedGeneration": "1",
        "terminalCondition": ready,
        "latestReadyRevision": revision,
        "latestCreatedRevision": revision,
        "trafficStatuses": [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}],
        "etag": '"' + base64.b64encode(path.encode()).decode()[-24:] + '"',
    }
    whole = defaults | service
    urls = urls_of(cloud, name)
    whole["urls"] = urls
    whole["uri"] = service.get("uri") or urls[-1]
    whole["template"] = {"containers": [{"image": "us-docker.pkg.dev/cloudrun/container/hello"}]} | whole["template"]
    return whole


def audiences(cloud: Cloud, name: str) -> set[str]:
    """What a token's `aud` may be: the URLs, and the custom audiences to the letter.

    https://cloud.google.com/run/docs/configuring/custom-audiences
    """
    accepted = set(urls_of(cloud, name))
    for url in list(accepted):
        if (urlsplit(url).hostname or "").endswith(".run.app"):
            accepted |= {url.rstrip("/"), url.rstrip("/") + "/"}
    return accepted | {str(each) for each in cloud.resources[name].get("customAudiences", [])}
