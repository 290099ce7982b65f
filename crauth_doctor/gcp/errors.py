"""Make one read, and turn whatever happens into a fact.

One call of Google's clients raises from five families: `google.api_core`, its RetryError, `google.auth`, `requests`
(refused connections and time-outs come raw), and protobuf's
ParseError (HTML with status 200, as a captive portal sends).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final, NoReturn, TypeVar

import requests
from google.api_core import exceptions as api
from google.auth import exceptions as auth
from google.protobuf.json_format import MessageToDict, ParseError
from google.protobuf.message import Message

from ..deferred import regex
from ..google_json import json_access as look
from ..google_json.json_access import NotUnderstoodError
from ..model.fact import Absent, Fact, Known, Obstacle, Source, Unknown
from .deadline import Deadline, TimeIsUpError
from .door import scrub

T = TypeVar("T")

_PERMISSION: Final = regex(r"[a-z][A-Za-z]+\.[A-Za-z]+\.[A-Za-z]+")
_DENIED: Final = regex(r"Permission '?([a-z]\w+\.\w+\.\w+)'? denied")
_REQUEST: Final = regex(r"\A[A-Z]+ \S+: ")
_LONGEST_WISH: Final = 5.0
_FIRST_ERROR: Final = 400
HTTP_OK: Final = 200


def genuine(answer: requests.Response, *_: object, **__: object) -> None:
    """Refuse an answer that tells of no error, and that no API of Google's gives.

    To be hung on a session of one of its clients, which would make an empty message of whatever it does not know;
    and an empty policy is not an unread one.

    Raises:
        NotUnderstoodError: it is no JSON object, or one that tells of an error.
    """
    if answer.status_code < _FIRST_ERROR:
        json_object(answer)


def json_object(answer: requests.Response) -> dict[str, Any]:
    """Return the JSON object that was answered.

    Raises:
        NotUnderstoodError: it is none, one that tells of an error, or has nothing in a field.
    """
    try:
        value = answer.json(parse_constant=_no_number)
    except ValueError:
        kind = answer.headers.get("content-type", "no content type")
        raise NotUnderstoodError(f"an answer that is no JSON ({kind})") from None
    if not isinstance(value, dict):
        raise NotUnderstoodError("an answer that is no JSON object")
    if "error" in value:
        raise NotUnderstoodError("an error with status 200")
    if None in value.values():
        raise NotUnderstoodError("a null, which no API of Google's writes")
    return value


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def read(source: Source, fetch: Callable[[], T]) -> Fact[T]:
    """Fetch a value as a fact.

    404 from the API is absent; everything else that fails is unknown. A 404 that is no JSON is not the API's.
    Documentation: https://cloud.google.com/apis/design/errors
    """
    try:
        return Known(fetch(), source)
    except api.NotFound as error:
        return Absent(source) if _is_from_api(error) else _not_understood(source, error)
    except api.Forbidden as error:
        return _forbidden(source, error)
    except (api.Unauthorized, auth.GoogleAuthError) as error:
        return _refused_credentials(source, error)
    except (TimeIsUpError, api.RetryError, api.DeadlineExceeded, api.GatewayTimeout, requests.Timeout) as error:
        return Unknown(source, Obstacle.TIMED_OUT, scrub(str(error)))
    except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
        return Unknown(source, Obstacle.UNREACHABLE, scrub(str(error)))
    except (api.TooManyRequests, api.ServiceUnavailable) as error:
        return Unknown(source, Obstacle.UNREACHABLE, f"{error.code}: {_words(error)}")
    except Exception as error:  # noqa: BLE001 - a reader that crashes leaves a fact unknown, and no more
        return _not_understood(source, error)


def as_json(message: Any) -> dict[str, Any]:
    """Return a message of one of Google's clients as the JSON that it came as, as far as the client knew it."""
    raw = message if isinstance(message, Message) else type(message).pb(message)
    found: dict[str, Any] = MessageToDict(raw)
    return found


def retrying(deadline: Deadline, send: Callable[[float], T]) -> T:
    """Send within the deadline; again after 429, 503 and broken connections, and after nothing else."""
    return deadline.retry(send, _pause_after)


def _pause_after(error: Exception) -> float | None:
    match error:
        case api.TooManyRequests() | api.ServiceUnavailable():
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


def _retry_after(error: api.GoogleAPICallError) -> float:
    headers: Mapping[str, str] = getattr(error.response, "headers", None) or {}
    value = headers.get("retry-after", "0")
    return min(float(value), _LONGEST_WISH) if value.isdigit() else 0.0


def _is_from_api(error: api.GoogleAPICallError) -> bool:
    headers: Mapping[str, str] = getattr(error.response, "headers", None) or {}
    return "json" in headers.get("content-type", "application/json")


def _forbidden(source: Source, error: api.Forbidden) -> Unknown:
    metadata: Mapping[str, str] = error.metadata or {}
    detail = _words(error)
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
    named = _DENIED.search(str(error.message))
    permission = metadata.get("permission") or (named and named.group(1)) or source.read
    return Unknown(source, Obstacle.FORBIDDEN, detail, permission if _PERMISSION.fullmatch(permission) else None)


def _perimeters(error: api.GoogleAPICallError) -> Iterator[str]:
    """Ids of the VPC Service Controls denials in it, by which an administrator finds them in the audit log.

    Documentation: https://docs.cloud.google.com/vpc-service-controls/docs/troubleshooting
    """
    for detail in error.details or ():
        for violation in detail.get("violations", ()) if isinstance(detail, dict) else ():
            if violation.get("type") == "VPC_SERVICE_CONTROLS":
                yield scrub(str(violation.get("description", "")))


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


def _not_understood(source: Source, error: Exception) -> Unknown:
    known = (requests.RequestException, ParseError, NotUnderstoodError, ValueError)
    if isinstance(error, api.GoogleAPICallError):
        return Unknown(source, Obstacle.NOT_UNDERSTOOD, f"{error.code}: {_words(error)}")
    text = str(error) if isinstance(error, known) else f"{type(error).__name__}: {error}"
    return Unknown(source, Obstacle.NOT_UNDERSTOOD, scrub(text) or type(error).__name__)


def _words(error: api.GoogleAPICallError) -> str:
    """What Google says, without the request that it answered."""
    return scrub(_REQUEST.sub("", str(error.message)))
