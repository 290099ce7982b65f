"""Changes of a Cloud Run service's own settings, by Google's client: named fields, with an etag, and the operation.

Documentation: https://docs.cloud.google.com/run/docs/reference/rest/v2/projects.locations.services/patch
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import requests
from google.api_core import exceptions as api

from ..model.fact import Fact, Source
from . import run
from .google import Google
from .read import read, retrying
from .rest import Json
from .scrub import scrub
from .write import Accepted, Answer, Lost, failed, unsent

UPDATE: Final = "run.services.update"


def service_document(google: Google, resource: str) -> Fact[Json]:
    """Read a service whole, as its API writes it."""
    name = resource.removeprefix("//run.googleapis.com/")

    def fetch() -> Json:
        client = google.services()
        found = retrying(google.deadline, lambda seconds: client.get_service(name=name, retry=None, timeout=seconds))
        return _document(found)

    return read(Source(run.GET, resource), fetch)


def update_service(google: Google, resource: str, document: Json, paths: Iterable[str]) -> Answer:
    """Write some fields of a service with the etag that stands in the document, and wait until they are carried out.

    Args:
        google: the door.
        resource: full resource name.
        document: the service as it is to be.
        paths: the fields to write, in the API's words (`template.serviceAccount`).
    """
    from google.cloud import run_v2
    from google.protobuf.field_mask_pb2 import FieldMask
    from google.protobuf.json_format import ParseDict

    source = Source(UPDATE, resource)
    wanted = run_v2.Service()
    kept = {"name": document["name"], "etag": document["etag"], **_only(document, paths)}
    ParseDict(kept, run_v2.Service.pb(wanted), ignore_unknown_fields=True)
    request = {"service": wanted, "update_mask": FieldMask(paths=[_snake(path) for path in paths])}
    try:
        operation = google.services().update_service(request=request, retry=None, timeout=google.deadline.attempt())
    except api.GoogleAPICallError as error:
        return failed(source, error)
    except Exception as error:  # noqa: BLE001 - whatever it was, only reading tells whether it was written
        return unsent(source, error)
    try:
        return Accepted(_document(operation.result(retry=None, timeout=google.deadline.left())))
    except (api.GoogleAPICallError, requests.RequestException, TimeoutError) as error:
        return Lost(scrub(str(error)))  # the settings are in; the revision that they make may have failed


def _document(found: Any) -> Json:
    from google.protobuf.json_format import MessageToDict

    document: Json = MessageToDict(type(found).pb(found))
    return document


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


def _snake(path: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in path)
