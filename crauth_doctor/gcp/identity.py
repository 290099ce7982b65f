"""Who runs the tool."""

from __future__ import annotations

from typing import Any, Final

from ..google_json.json_access import NotUnderstoodError
from ..model.fact import Absent, Fact, Known, Obstacle, Source, Unknown
from ..model.iam import Principal
from .connection import Connection
from .credentials import METADATA_HEADERS
from .errors import GoogleApiError, read, retrying

_TOKENINFO: Final = "oauth2.googleapis.com"


def operator(connection: Connection) -> Fact[Principal]:
    """Find the member that the credentials stand for: what they say themselves, else what Google says of them."""
    if connection.operator is not None:
        return Known(Principal(connection.operator), Source("sandbox", "operator"))
    source = Source("credentials", type(connection.credentials).__name__)
    own = own_email(connection)
    if own is not None:
        return Known(Principal.of_email(own), source)
    if getattr(connection.credentials, "service_account_email", None) == "default":
        return read(Source("metadata email", "metadata.google.internal"), lambda: _from_metadata_server(connection))
    fact = read(Source("tokeninfo", _TOKENINFO), lambda: _from_tokeninfo(connection))
    if isinstance(fact, Absent):
        return Unknown(fact.source, Obstacle.NOT_UNDERSTOOD, "Google does not say whose credentials these are")
    return fact


def own_email(connection: Connection) -> str | None:
    """Return the e-mail address that the credentials themselves tell; None where Google would have to be asked."""
    if connection.impersonated is not None:
        return connection.impersonated
    credentials: Any = connection.credentials
    for name in ("service_account_email", "signer_email", "account"):
        value = getattr(credentials, name, None)
        if isinstance(value, str) and "@" in value:
            return value
    return None


def _from_metadata_server(connection: Connection) -> Principal:
    url = f"{connection.metadata()}/computeMetadata/v1/instance/service-accounts/default/email"

    def attempt(seconds: float) -> Principal:
        answer = connection.metadata_session().get(
            url, headers=METADATA_HEADERS, timeout=seconds, allow_redirects=False
        )
        if answer.status_code != 200 or "@" not in answer.text:
            raise NotUnderstoodError(f"the metadata server answered {answer.status_code}")
        return Principal.of_email(answer.text.strip())

    return retrying(connection.deadline, attempt)


def _from_tokeninfo(connection: Connection) -> Principal:
    """Ask whose the access token is; it goes in the body, as an address is logged along the way."""
    if not connection.credentials.valid:
        connection.credentials.refresh(connection.request())
    form = {"access_token": connection.credentials.token}

    def attempt(seconds: float) -> Principal:
        url = f"{connection.base(_TOKENINFO)}/tokeninfo"
        answer = connection.plain_session().post(url, data=form, timeout=seconds, allow_redirects=False)
        if answer.status_code != 200:
            raise GoogleApiError(answer)
        email = answer.json().get("email")
        if not isinstance(email, str) or "@" not in email:
            raise NotUnderstoodError("the credentials do not carry an e-mail address")
        return Principal.of_email(email)

    return retrying(connection.deadline, attempt)
