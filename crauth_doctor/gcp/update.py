"""Changes of the settings of a Cloud Run service, job or worker pool, with an etag, until their operation is over.

A service is written by Google's client, field by field. A job's method knows no fields, so that it is written whole, as
the JSON that it was read as; the client would drop what it does not know. A worker pool is written like it.
Documentation: https://docs.cloud.google.com/run/docs/reference/rest/v2/projects.locations.services/patch,
https://docs.cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs/patch
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, Final

from ..google_json.json_access import Json
from ..model.fact import Fact, Known, Obstacle, Source, Unknown
from . import methods, rest
from .clients import as_json, services, told
from .door import scrub
from .errors import GoogleApiError
from .google import Google
from .write import Accepted, Answer, Lost, failed, send_once, unsent

_RUN: Final = "run.googleapis.com"
_PAUSE: Final = 1.0
_WHOLE: Final = {
    "jobs": (methods.RUN_JOB, methods.UPDATE_RUN_JOB),
    "workerPools": (methods.WORKER_POOL, methods.UPDATE_WORKER_POOL),
}
"""What reads and what writes them, of those that are written whole."""


def permission(resource: str) -> str:
    """Name the permission to change one."""
    rows = _rows(resource)
    return rows[1].read if rows else "run.services.update"


def document(google: Google, resource: str) -> Fact[Json]:
    """Read one whole, as its API writes it."""
    rows = _rows(resource)
    if rows is not None:
        return rest.document(google, rows[0], resource)
    if resource.startswith(f"//{_RUN}/") and "/services/" in resource:
        return rest.document(google, methods.SERVICE, resource)
    detail = "it is not a Cloud Run service, job or worker pool: change it where it is deployed"
    return Unknown(Source("nothing", resource), Obstacle.NOT_ASKED, detail)


def write(google: Google, resource: str, whole: Json, paths: Iterable[str]) -> Answer:
    """Write some fields with the etag that stands in the document, and wait until they are carried out.

    `paths` are the fields that differ, in the API's words (`template.serviceAccount`).
    """
    rows = _rows(resource)
    return _write_whole(google, rows[1], resource, whole) if rows else _write_service(google, resource, whole, paths)


def _write_whole(google: Google, row: methods.Row, resource: str, whole: Json) -> Answer:
    answer = send_once(google, row, resource, whole)
    if not isinstance(answer, Accepted):
        return answer
    name = str(answer.document.get("name", ""))
    operation: Json = answer.document
    while not operation.get("done"):
        time.sleep(min(_PAUSE, google.deadline.left()))
        found = rest.get(google, methods.OPERATION, resource, dict, name=name)
        if not isinstance(found, Known):
            return Lost("its operation could not be followed")
        operation = found.value
    if "error" in operation:
        error = operation["error"]
        return Lost(scrub(str(error.get("message", "")) if isinstance(error, dict) else "") or "its operation failed")
    response = operation.get("response")
    return Accepted(response if isinstance(response, dict) else whole)


def _write_service(google: Google, resource: str, document: Json, paths: Iterable[str]) -> Answer:
    from google.cloud import run_v2
    from google.protobuf.field_mask_pb2 import FieldMask
    from google.protobuf.json_format import ParseDict

    source = Source(permission(resource), resource)
    wanted = run_v2.Service()
    kept = {"name": document["name"], "etag": document["etag"], **_only(document, paths)}
    ParseDict(kept, run_v2.Service.pb(wanted), ignore_unknown_fields=True)
    request = {"service": wanted, "update_mask": FieldMask(paths=[_snake(path) for path in paths])}
    try:
        with told():
            operation = services(google).update_service(request=request, retry=None, timeout=google.deadline.attempt())
    except GoogleApiError as error:
        return failed(source, error)
    except Exception as error:  # noqa: BLE001 - whatever it was, only reading tells whether it was written
        return unsent(source, error)
    try:
        return Accepted(as_json(operation.result(retry=None, timeout=google.deadline.left())))
    except Exception as error:  # noqa: BLE001 - the settings are in; the revision that they make may have failed
        return Lost(scrub(str(error)) or type(error).__name__)


def _only(document: Json, paths: Iterable[str]) -> dict[str, Any]:
    """Keep these fields, and nothing beside them: a mask may be read generously."""
    kept: dict[str, Any] = {}
    for path in paths:
        source, target = document, kept
        *above, last = path.split(".")
        for word in above:
            source, target = source.get(word, {}), target.setdefault(word, {})
        if last in source:
            target[last] = source[last]
    return kept


def _rows(resource: str) -> tuple[methods.Row, methods.Row] | None:
    return _WHOLE.get(resource.split("/")[-2]) if resource.startswith(f"//{_RUN}/") else None


def _snake(path: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in path)
