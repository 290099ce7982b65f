"""Errors as Google's APIs word them: `google.rpc.Status` with `ErrorInfo`.

https://cloud.google.com/apis/design/errors
"""

from __future__ import annotations

from ..http.messages import Reply, json_reply
from ..state.world import Json

_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    412: "FAILED_PRECONDITION",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_MESSAGE = {
    429: "Resource has been exhausted (e.g. check quota).",
    500: "Internal error encountered.",
    503: "The service is currently unavailable.",
    504: "Deadline expired before operation could complete.",
}
_SIGN_IN = (
    "Expected OAuth 2 access token, login cookie or other valid authentication credential. "
    "See https://developers.google.com/identity/sign-in/web/devconsole-project."
)


class ApiError(Exception):
    """An error answer of a Google API."""

    def __init__(
        self, code: int, message: str, *, status: str | None = None, details: list[Json] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status or _STATUS.get(code, "UNKNOWN")
        self.details = details or []

    def reply(self) -> Reply:
        """The answer itself."""
        error: Json = {"code": self.code, "message": self.message, "status": self.status}
        if self.details:
            error["details"] = self.details
        headers = {"www-authenticate": 'Bearer realm="https://accounts.google.com/"'} if self.code == 401 else {}
        return json_reply(self.code, {"error": error}, **headers)


def error_info(reason: str, domain: str, **metadata: str) -> Json:
    """The `ErrorInfo` detail that client libraries read `reason` and `metadata` from."""
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": domain,
        "metadata": metadata,
    }


def by_status(code: int) -> ApiError:
    """The bare error of a status code, for faults."""
    return ApiError(code, _MESSAGE.get(code, "Request could not be completed."))


def permission_denied(permission: str, message: str, resource: str | None = None) -> ApiError:
    """403 of a caller who lacks a permission."""
    metadata = {"permission": permission, **({"resource": resource} if resource else {})}
    return ApiError(403, message, details=[error_info("IAM_PERMISSION_DENIED", "iam.googleapis.com", **metadata)])


def unauthenticated(service: str, *, missing: bool) -> ApiError:
    """401 of a call without a token, or with one that is not known."""
    if missing:
        message, reason = f"Request is missing required authentication credential. {_SIGN_IN}", "CREDENTIALS_MISSING"
    else:
        message, reason = (
            f"Request had invalid authentication credentials. {_SIGN_IN}",
            "ACCESS_TOKEN_TYPE_UNSUPPORTED",
        )
    return ApiError(401, message, details=[error_info(reason, "googleapis.com", service=service)])


def api_disabled(service: str, title: str, project: str, number: str) -> ApiError:
    """403 of a project in which the API was never enabled."""
    url = f"https://console.developers.google.com/apis/api/{service}/overview?project={project}"
    message = (
        f"{title} has not been used in project {project} before or it is disabled. Enable it by visiting {url} then "
        "retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and "
        "retry."
    )
    info = error_info(
        "SERVICE_DISABLED",
        "googleapis.com",
        service=service,
        serviceTitle=title,
        consumer=f"projects/{number}",
        containerInfo=number,
        activationUrl=url,
    )
    link: Json = {"description": "Google developers console API activation", "url": url}
    help_: Json = {"@type": "type.googleapis.com/google.rpc.Help", "links": [link]}
    return ApiError(403, message, details=[info, help_])


def consumer_invalid(service: str, project: str) -> ApiError:
    """403 of a project that does not exist, or that nobody may know of."""
    info = error_info(
        "CONSUMER_INVALID", "googleapis.com", service=service, consumer=f"projects/{project}", containerInfo=project
    )
    return ApiError(403, f"Permission denied on resource project {project}.", details=[info])


def not_found(message: str = "Requested entity was not found.") -> ApiError:
    """404 of a resource."""
    return ApiError(404, message)


def invalid(message: str) -> ApiError:
    """400 of a request that makes no sense."""
    return ApiError(400, message)


def failed_precondition(message: str, details: list[Json] | None = None) -> ApiError:
    """400 of a request that the state of things forbids."""
    return ApiError(400, message, status="FAILED_PRECONDITION", details=details)


def concurrent_policy_change() -> ApiError:
    """409 of a policy written with an old etag. https://cloud.google.com/iam/docs/allow-policies#etag."""
    return ApiError(
        409,
        "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.",
    )


def violated_constraint(subject: str, constraint: str, what: str) -> ApiError:
    """400 of a setting that an organization policy forbids.

    https://cloud.google.com/resource-manager/docs/organization-policy/troubleshooting
    """
    violation = {"type": constraint, "subject": subject, "description": f"{what} is not allowed"}
    details: list[Json] = [{"@type": "type.googleapis.com/google.rpc.PreconditionFailure", "violations": [violation]}]
    return failed_precondition(f"Constraint {constraint} violated for {subject}: {what} is not allowed.", details)
