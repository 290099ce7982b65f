"""The front end's own request log, as Cloud Logging keeps it.

https://cloud.google.com/run/docs/logging#log-resource
"""

from __future__ import annotations

from ..http.messages import HttpRequest, Reply
from ..state import resource_names as names
from ..state.cloud import Cloud

_MORE = (
    " Read more at https://cloud.google.com/run/docs/securing/authenticating Additional troubleshooting documentation "
    "can be found at: https://cloud.google.com/run/docs/troubleshooting#unauthorized-client"
)
_NOT_AUTHENTICATED = (
    "The request was not authenticated. Either allow unauthenticated invocations or set the proper Authorization "
    "header."
)
EMPTY_HEADER = f"{_NOT_AUTHENTICATED} Empty Authorization header value.{_MORE}"
LACKS = f"{_NOT_AUTHENTICATED} The IAM principal lacks {{run.routes.invoke}} permission.{_MORE}"
UNVERIFIED = f"The request was not authorized to invoke this service. The access token could not be verified.{_MORE}"

_ERROR, _WARNING = 500, 400


def add(
    cloud: Cloud, service: str, request: HttpRequest, reply: Reply, *, text: str | None = None, latency: float = 0.0
) -> None:
    """Write one entry: with `text` where the platform refused, with a latency where the container answered."""
    path = names.path_of(service).split("/")
    project, location, name = path[1], path[3], path[5]
    revision = str(cloud.resources[service].get("latestReadyRevision") or f"{name}-00001-abc").rsplit("/", 1)[-1]
    query = f"?{request.query_string}" if request.query_string else ""
    entry = {
        "logName": f"projects/{project}/logs/run.googleapis.com%2Frequests",
        "resource": {
            "type": "cloud_run_revision",
            "labels": {
                "configuration_name": name,
                "location": location,
                "project_id": project,
                "revision_name": revision,
                "service_name": name,
            },
        },
        "httpRequest": {
            "requestMethod": request.method,
            "requestUrl": f"https://{request.host}{request.path}{query}",
            "requestSize": str(len(request.body)),
            "status": reply.status,
            "responseSize": str(len(reply.body)),
            "userAgent": request.header("user-agent") or "",
            "remoteIp": "203.0.113.8",
            "serverIp": "216.239.36.53",
            "latency": "0s" if text else f"{latency:.9f}s",
            "protocol": "HTTP/1.1",
        },
        "severity": _severity(reply.status),
    }
    if text:
        entry["textPayload"] = text
    cloud.write_log(entry)


def _severity(status: int) -> str:
    if status >= _ERROR:
        return "ERROR"
    return "WARNING" if status >= _WARNING else "INFO"
