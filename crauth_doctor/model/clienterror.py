"""An error message of a client, a library or a tool, by its family."""

from __future__ import annotations

from enum import StrEnum

from ..deferred import dataclass


class ErrorFamily(StrEnum):
    """What kind of failure a message tells of, whatever the language and the library."""

    # minting
    NO_ID_TOKEN_CREDENTIALS = "no-id-token-credentials"
    """Credentials that cannot mint an ID token: a user's, or federated ones."""
    USER_AUDIENCE = "user-audience"
    """gcloud: `--audiences` with a user account."""
    OPEN_ID_TOKEN_DENIED = "getOpenIdToken-denied"
    ACCESS_TOKEN_DENIED = "getAccessToken-denied"
    ACT_AS_DENIED = "actAs-denied"
    ACCOUNT_NOT_FOUND = "account-not-found"
    ACCOUNT_DISABLED = "account-disabled"
    KEY_REJECTED = "key-rejected"
    CLOCK = "clock"
    STS_DENIED = "sts-denied"
    METADATA_NOT_DEFINED = "metadata-not-defined"
    METADATA_DENIED = "metadata-denied"
    """GKE's metadata server: the pod may not act as the account that it is linked to."""
    METADATA_UNREACHABLE = "metadata-unreachable"
    MINT_FAILED = "mint-failed"
    """What was asked for a token answered with an error that does not say which of these it is."""
    # the call
    TIMEOUT = "timeout"
    NAME_NOT_RESOLVED = "name-not-resolved"
    CONNECTION_FAILED = "connection-failed"
    CORS_PREFLIGHT_REFUSED = "cors-preflight-refused"
    """The preflight's answer had no CORS header at all, or an error status."""
    CORS_HEADER_WRONG = "cors-header-wrong"
    """The preflight was answered with CORS headers, but wrong ones."""
    CORS = "cors"
    # who refuses
    IAP_TOKEN = "iap-token"
    IAP_NOT_SET_UP = "iap-not-set-up"
    IAP_NOT_PROVISIONED = "iap-not-provisioned"
    IAP_NOT_AUTHORIZED = "iap-not-authorized"
    PERIMETER_DENIED = "perimeter-denied"
    """VPC Service Controls refused a request to one of Google's APIs, or a call."""
    JOB_START_DENIED = "job-start-denied"
    """The Admin API did not start a job: the account may not."""
    # settings
    MEMBER_NOT_PERMITTED = "member-not-permitted"
    """Domain restricted sharing refused a member, as a rule `allUsers`."""
    INVOKER_CHECK_REQUIRED = "invoker-check-required"
    ORG_POLICY = "org-policy"
    POLICY_NOT_SET = "policy-not-set"
    ROLE_NOT_SUPPORTED = "role-not-supported"
    """A role of Cloud Run's cannot be bound there, as on a 2nd gen function, whose service takes it."""
    # the application
    AUDIENCE_REFUSED_BY_APP = "audience-refused-by-app"
    """A library with which a program verifies tokens: the audience is not the one that it asks for."""
    TOKEN_REFUSED_BY_APP = "token-refused-by-app"
    OTHER = "other"


MINTING = frozenset(
    {
        ErrorFamily.NO_ID_TOKEN_CREDENTIALS,
        ErrorFamily.USER_AUDIENCE,
        ErrorFamily.OPEN_ID_TOKEN_DENIED,
        ErrorFamily.ACCESS_TOKEN_DENIED,
        ErrorFamily.ACT_AS_DENIED,
        ErrorFamily.ACCOUNT_NOT_FOUND,
        ErrorFamily.ACCOUNT_DISABLED,
        ErrorFamily.KEY_REJECTED,
        ErrorFamily.CLOCK,
        ErrorFamily.STS_DENIED,
        ErrorFamily.METADATA_NOT_DEFINED,
        ErrorFamily.METADATA_DENIED,
        ErrorFamily.METADATA_UNREACHABLE,
        ErrorFamily.MINT_FAILED,
    }
)
"""What tells that no token could be made."""


@dataclass(frozen=True)
class ClientError:
    """One error message."""

    family: ErrorFamily
    lines: tuple[int, int]  # where it stands, first and last, counted from one
    message: str  # its words, cleaned, at most some hundred characters
    origin: str = ""  # the program or library that says so: `gcloud`, `google-auth`, `axios`, `terraform`, `browser` …
    status: int | None = None  # the HTTP status that it names
    url: str | None = None  # the URL that it names
    permission: str | None = None  # the IAM permission that it names
    resource: str | None = None  # the resource or the member that it names
    at: int | None = None  # when, seconds since 1970, where the line has a time
    api: str = ""  # the API of Google's that answered so, where the message is one's: its host, or `googleapis.com`
    # the type of the credentials that it says cannot be used, as their file names it (`external_account`,
    # `authorized_user`)
    credentials_type: str = ""
