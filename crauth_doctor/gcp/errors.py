"""Make one read, and turn whatever happens into a fact.

A request raises from three families: an API's own errors, `google.auth`'s, and those of `requests` (refused
connections and time-outs come raw). `google.api_core` has the first, but brings gRPC with it, which takes as long to
import as all that a check needs of Google.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final, NoReturn, TypeVar

import requests
from google.auth import exceptions as auth

from ..deferred import regex
from ..google_json import json_access as look
from ..google_json.json_access import NotUnderstoodError
from ..model.fact import Absent, Fact, Known, Obstacle, Source, Unknown
from .deadline import Deadline, TimeIsUpError
from .door import scrub

T = TypeVar("T")

_PERMISSION: Final = regex(r"[a-z][A-Za-z]+\.[A-Za-z]+\.[A-Za-z]+")
_DENIED: Final = regex(r"Permission '?([a-z]\w+\.\w+\.\w+)'? denied")
_ERROR_INFO: Final = "google.rpc.ErrorInfo"
_LONGEST_WISH: Final = 5.0
HTTP_OK: Final = 200


class GoogleApiError(Exception):
    """What an API answers where it does not do what was asked.

    Source: https://google.aip.dev/193
    """

    def __init__(self, answer: requests.Response) -> None:
        try:
            found = answer.json()
        except ValueError:
            found = {"error": {"message": answer.text}}
        told = [one for one in look.items(found, "error", "details") if _ERROR_INFO in str(look.at(one, "@type"))]
        self.answer = answer
        self.code = answer.status_code
        self.message = look.text(found, "error", "message") or "unknown error"
        self.details = look.items(found, "error", "details")
        self.reason = look.text(told[0], "reason") if told else None
        self.metadata = look.mapping(told[0], "metadata") if told else {}
        super().__init__(scrub(f"{self.code}: {self.message}"))


def json_object(answer: requests.Response) -> dict[str, Any]:
    """Return the JSON object that was answered.

    Raises:
        NotUnderstoodError: it is none, one that tells of an error, or has nothing in a field.
    """
    try:
        value = answer.json(parse_constant=_no_number)
    except ValueError:
        kind = answer.headers.get("content-type", "no content type")
        raise NotUnderstoodError(f"an answer that is not JSON ({kind})") from None
    if not isinstance(value, dict):
        raise NotUnderstoodError("an answer that is not a JSON object")
    if "error" in value:
        raise NotUnderstoodError("an error with status 200")
    if None in value.values():
        raise NotUnderstoodError("a null, which no API of Google's writes")
    return value


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def read(source: Source, fetch: Callable[[], T]) -> Fact[T]:
    """Fetch a value as a fact.

    404 from the API is absent; everything else that fails is unknown. A 404 that is no JSON is not the API's.
    Documentation: https://cloud.google.com/apis/design/errors
    """
    try:
        return Known(fetch(), source)
    except GoogleApiError as error:
        return _of_api(source, error)
    except auth.GoogleAuthError as error:
        return _refused_credentials(source, error)
    except (TimeIsUpError, requests.Timeout) as error:
        return Unknown(source, Obstacle.TIMED_OUT, scrub(str(error)))
    except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
        return Unknown(source, Obstacle.UNREACHABLE, scrub(str(error)))
    except Exception as error:  # noqa: BLE001 - a reader that crashes leaves a fact unknown, and no more
        known = isinstance(error, requests.RequestException | NotUnderstoodError | ValueError)
        text = str(error) if known else f"{type(error).__name__}: {error}"
        return Unknown(source, Obstacle.NOT_UNDERSTOOD, scrub(text) or type(error).__name__)


def _of_api(source: Source, error: GoogleApiError) -> Absent | Unknown:
    match error.code:
        case 404 if _is_from_api(error):
            return Absent(source)
        case 403:
            return _forbidden(source, error)
        case 401:
            return Unknown(source, Obstacle.NO_CREDENTIALS, str(error))
        case 504:
            return Unknown(source, Obstacle.TIMED_OUT, str(error))
        case 429 | 503:
            return Unknown(source, Obstacle.UNREACHABLE, str(error))
        case _:
            return Unknown(source, Obstacle.NOT_UNDERSTOOD, str(error))


def retrying(deadline: Deadline, send: Callable[[float], T]) -> T:
    """Send within the deadline; again after 429, 503 and broken connections, and after nothing else."""
    return deadline.retry(send, _pause_after)


def _pause_after(error: Exception) -> float | None:
    match error:
        case GoogleApiError(code=429 | 503):
            return _retry_after(error)
        case requests.Timeout() | requests.exceptions.SSLError() | requests.exceptions.ProxyError():
            return None
        case requests.ConnectionError() if "NameResolutionError" in str(error) or "refused" in str(error):
            return None
        case requests.ConnectionError() | requests.exceptions.ChunkedEncodingError():
            return 0.0
        case auth.TransportError() if isinstance(error.__cause__, requests.ConnectionError):
            return _pause_after(error.__cause__)
        case _:
            return None


def _retry_after(error: GoogleApiError) -> float:
    value = error.answer.headers.get("retry-after", "0")
    return min(float(value), _LONGEST_WISH) if value.isdigit() else 0.0


def _is_from_api(error: GoogleApiError) -> bool:
    return "json" in error.answer.headers.get("content-type", "application/json")


def _forbidden(source: Source, error: GoogleApiError) -> Unknown:
    metadata, detail = error.metadata, scrub(error.message)
    if not _is_from_api(error):
        return Unknown(source, Obstacle.NOT_UNDERSTOOD, f"403 that Google's API did not write: {detail}")
    if error.reason == "SERVICE_DISABLED":
        api_name, consumer = metadata.get("service", "the API"), metadata.get("consumer", "the project")
        return Unknown(source, Obstacle.API_DISABLED, f"{api_name} is not enabled in {consumer}")
    if error.reason == "USER_PROJECT_DENIED":
        return Unknown(source, Obstacle.FORBIDDEN, detail, "serviceusage.services.use")
    perimeter = next(_perimeters(error), None)
    if perimeter is not None:
        return Unknown(source, Obstacle.FORBIDDEN, f"VPC Service Controls forbid it (id {perimeter}): {detail}")
    named = _DENIED.search(error.message)
    permission = look.text(metadata, "permission") or (named and named.group(1)) or source.read
    return Unknown(source, Obstacle.FORBIDDEN, detail, permission if _PERMISSION.fullmatch(permission) else None)


def _perimeters(error: GoogleApiError) -> Iterator[str]:
    """Ids of the VPC Service Controls denials in it, by which an administrator finds them in the audit log.

    Documentation: https://docs.cloud.google.com/vpc-service-controls/docs/troubleshooting
    """
    for violation in (one for detail in error.details for one in look.items(detail, "violations")):
        if look.text(violation, "type") == "VPC_SERVICE_CONTROLS":
            yield scrub(look.text(violation, "description") or "")


def _refused_credentials(source: Source, error: Exception) -> Unknown:
    cause = error.__cause__ or (error.args[0] if error.args and isinstance(error.args[0], Exception) else None)
    if isinstance(error, auth.TransportError) and isinstance(cause, requests.Timeout):
        return Unknown(source, Obstacle.TIMED_OUT, scrub(str(cause)))
    if isinstance(error, auth.TransportError) and isinstance(cause, requests.ConnectionError):
        return Unknown(source, Obstacle.UNREACHABLE, scrub(str(cause)))
    return Unknown(source, Obstacle.NO_CREDENTIALS, scrub(_auth_words(error)))


def _auth_words(error: Exception) -> str:
    """Say what google-auth says: its errors carry a sentence, and often Google's answer as JSON."""
    parts = [one for one in error.args if isinstance(one, str)]
    if len(parts) < len(error.args) or len(parts) < 2:
        return str(error)
    first, *rest = parts
    for text in rest:
        with suppress(ValueError):
            found = json.loads(text)
            told = look.text(found, "error", "message") or look.text(found, "error_description")
            return f"{first}: {told}" if told else first
    return ": ".join(parts)
