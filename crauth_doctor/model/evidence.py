"""What a user pasted, in the parts that tell something. Tokens are decoded, never kept; of secrets nothing stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from enum import StrEnum
from typing import Final

from ..deferred import dataclass, replace
from .clienterror import ClientError
from .document import Document
from .exported import Export
from .http import Call, Response
from .token import Token

Lines = tuple[int, int]
"""First and last line in what was pasted, counted from one."""


class PieceKind(StrEnum):
    """What a piece of the paste was recognised as."""

    COMMAND = "command line"
    EXCHANGE = "HTTP exchange"
    BODY = "body of a response"
    STATUS = "status line"
    HAR = "HAR recording"
    LOG = "log entry"
    ERROR = "error message"
    TOKEN = "token"
    EXPORT = "exported setting"
    OUTPUT = "output of a tool"
    SOURCE = "source text"
    UNREADABLE = "damaged piece"


@dataclass(frozen=True)
class Piece:
    """One piece that was recognised."""

    kind: PieceKind
    lines: Lines
    summary: str


class HeaderFault(StrEnum):
    """What is wrong with the form of a credential header, whatever token stands in it."""

    DOUBLED_SCHEME = "doubled-scheme"
    QUOTED = "quoted"
    NO_SCHEME = "no-scheme"
    OTHER_SCHEME = "other-scheme"
    SEVERAL_TOKENS = "several-tokens"
    NEWLINE = "newline"
    EMPTY = "empty"
    PLACEHOLDER = "placeholder"
    """A word of a program instead of a token: `undefined`, `null`, `[object Promise]`, an unexpanded variable."""


@dataclass(frozen=True)
class Credential:
    """One credential header as it was sent. Without token and fault: one was sent, and what it holds is not shown."""

    header: str  # its name, in lower case
    token: Token | None = None  # the token in it, where there is one
    fault: HeaderFault | None = None  # what is wrong with its form
    lines: Lines = (0, 0)


class Mint(StrEnum):
    """By what an expression makes its token."""

    GCLOUD_IDENTITY = "gcloud auth print-identity-token"
    GCLOUD_ACCESS = "gcloud auth print-access-token"
    METADATA_IDENTITY = "metadata server, identity"
    METADATA_ACCESS = "metadata server, token"
    LIBRARY_IDENTITY = "library, ID token"
    LIBRARY_ACCESS = "library, access token"
    FIREBASE = "Firebase sign-in"
    SELF_SIGNED = "signJwt"


@dataclass(frozen=True)
class Expression:
    """A command or a call in source text that makes a token."""

    mint: Mint
    # the audience that it asks for, where it names one; empty where it names one that is not shown
    audience: str | None = None
    impersonates: str | None = None  # e-mail of the service account that it impersonates; empty where that is not shown
    variable: str | None = None  # the shell variable that holds its result
    lines: Lines = (0, 0)


class Seen(StrEnum):
    """In what form a call was pasted, which decides how much of it is known."""

    CURL_COMMAND = "curl"
    CURL_VERBOSE = "curl -v"
    CURL_HEADERS = "curl -i"
    RAW = "HTTP text"
    HAR = "HAR"
    BODY = "body"
    HEADER_MAP = "header map"
    STATUS_LINE = "status line"
    CLIENT_LOG = "client log"
    BROWSER = "browser console"
    CONFIGURED = "client configuration"
    """What a client is set to send: no call that was made."""


_BY_HAND: Final = frozenset({Seen.CURL_COMMAND, Seen.CURL_VERBOSE, Seen.CURL_HEADERS, Seen.BROWSER, Seen.HAR})


@dataclass(frozen=True)
class Exchange:
    """One call, and what came back."""

    seen: Seen  # in what form it was pasted
    lines: Lines
    call: Call | None = None
    credentials: tuple[Credential, ...] = ()  # the credential headers that it carried
    headers_known: bool = False  # whether every request header is shown, so that what is not there was not sent
    # values of the few request headers that decide something and hold no secret, by name in lower case
    sent: Mapping[str, str] = field(default_factory=dict)
    expression: Expression | None = None  # what made its token, where the command line says so
    response: Response | None = None  # what came back; None where the paste has none
    at: int | None = None  # when, seconds since 1970
    follows: int | None = None  # index of the exchange whose redirect led to this one

    @property
    def by_hand(self) -> bool:
        """Whether a person made it, at a shell or in a browser, from where the caller may not call."""
        return self.seen in _BY_HAND

    @property
    def failed(self) -> bool:
        """Whether the answer is an error of 4xx or 5xx."""
        return self.response is not None and self.response.status >= 400


class LogKind(StrEnum):
    """Which log an entry comes from."""

    REQUEST = "request"
    CONTAINER = "container"
    SYSTEM = "system"
    AUDIT_ACTIVITY = "audit-activity"
    AUDIT_POLICY = "audit-policy"
    AUDIT_OTHER = "audit-other"
    SCHEDULER = "scheduler"
    TASKS = "tasks"
    PUBSUB = "pubsub"
    EVENTARC = "eventarc"
    WORKFLOWS = "workflows"
    LOAD_BALANCER = "load-balancer"
    OTHER = "other"


class Wording(StrEnum):
    """What Cloud Run's front end says of a request in its log, matched loosely: the wording changes over time.

    Source: https://docs.cloud.google.com/run/docs/troubleshooting
    """

    NOT_AUTHENTICATED = "not-authenticated"
    """The older text, which says neither that the header was empty nor that a permission is lacking."""
    EMPTY_HEADER = "empty-header"
    LACKS_PERMISSION = "lacks-permission"
    NOT_AUTHORIZED = "not-authorized"
    """The 401 text without its reason."""
    TOKEN_NOT_VERIFIED = "token-not-verified"
    NO_INSTANCE = "no-instance"
    INSTANCE_FAILED = "instance-failed"
    OTHER = "other"


@dataclass(frozen=True)
class LogEntry:
    """One log entry."""

    kind: LogKind
    lines: Lines
    at: int | None = None  # its timestamp, seconds since 1970
    status: int | None = None  # HTTP status of the request that it is about
    method: str | None = None
    url: str | None = None  # URL requested, or a job's target
    latency: float | None = None  # seconds, where it says; 0.0 when the front end answered by itself
    wording: Wording | None = None  # class of its text
    message: str = ""  # its text, cleaned, at most some hundred characters
    user_agent: str | None = None  # of the caller
    service: str | None = None  # short name of the service, job, queue … that it is about
    principal: str | None = None  # who did it (audit logs)
    method_name: str | None = None  # what was done (audit logs)
    resource: str | None = None  # resource name of what it was done to
    code: str | None = None  # google.rpc code or its name, where it failed
    details: str = ""  # a load balancer's `statusDetails`, a scheduler's `debugInfo`, a perimeter's violation
    security_policy: str | None = None  # the Cloud Armor policy that decided
    credentials: tuple[Credential, ...] = ()  # credentials that it quotes, as applications log them


class EventKind(StrEnum):
    """Something that was done to a resource."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    SKIPPED = "skipped"
    """A deploy that changed nothing."""
    GRANTED = "granted"
    REVOKED = "revoked"
    POLICY_SET = "policy-set"
    """The whole policy was written; role and member stand in it since, absent where it is empty or not shown."""
    GRANT_FAILED = "grant-failed"
    PUBLIC_ASKED = "public-asked"
    """A flag or setting asked for public access; whether it came is another question."""
    PRIVATE_ASKED = "private-asked"
    CHECK_OFF_ASKED = "check-off-asked"
    CHECK_ON = "check-on"
    HOST_KEPT = "host-kept"
    """A proxy's settings pass on another Host than that of the service that they lead to: its resource."""


@dataclass(frozen=True)
class Event:
    """One thing that was done, by an audit log, a tool's output or a command line."""

    kind: EventKind
    lines: Lines
    resource: str | None = None  # resource name, or the short name that the text has
    at: int | None = None  # when, seconds since 1970
    by: str | None = None  # who or which tool did it
    role: str | None = None  # the role granted or revoked
    member: str | None = None  # to or from whom


@dataclass(frozen=True)
class Judged:
    """How many failing calls to the callee a paste shows, of which one is judged."""

    count: int = 0  # how many, the judged one included; zero where none is judged
    # the statuses of the others and how many have each, the most frequent first
    others: tuple[tuple[int, int], ...] = ()
    # a call to each of several services that failed, where nothing says which is meant, so that none is judged; empty
    # for one that is not shown
    urls: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.urls:
            return f"refused calls to several hosts, and nothing says which is meant: {', '.join(self.urls)}"
        others = ", ".join(f"{count}\u00d7 {status}" for status, count in self.others)
        return f"1 of {self.count} failing calls is judged; the others: {others}" if others else ""


NONE_JUDGED = Judged()


@dataclass(frozen=True)
class Evidence:
    """Everything that was recognised in one paste, each list in the order of the paste."""

    pieces: tuple[Piece, ...] = ()  # what was recognised, for the reader
    unrecognised: tuple[Lines, ...] = ()  # where what was not stands
    exchanges: tuple[Exchange, ...] = ()
    logs: tuple[LogEntry, ...] = ()
    errors: tuple[ClientError, ...] = ()
    credentials: tuple[Credential, ...] = ()  # every token that stands anywhere, also those of `exchanges` and `logs`
    expressions: tuple[Expression, ...] = ()  # commands and source text that make a token, also those of `exchanges`
    exports: tuple[Export, ...] = ()
    # the JSON of Google's that those settings and log entries stand in, by full resource name
    document: Document = field(default_factory=Document)
    events: tuple[Event, ...] = ()  # what was done to resources, by audit logs, outputs of tools and command lines
    urls: tuple[str, ...] = ()  # URLs that stand in its prose and source text
    latest: int | None = None  # the evidence's own time: the latest moment that a call, a log entry or an error names
    cut: tuple[str, ...] = ()  # what was left out because there was too much, in a sentence each

    def of_calls(self, is_one: Callable[[str], bool]) -> Evidence:
        """Return the evidence without the failing calls, and the entries of logs, of whose URL this is not so."""
        is_other = [each.failed and not is_one(each.call.url if each.call else "") for each in self.exchanges]
        kept = [index for index, other in enumerate(is_other) if not other]
        places = {old: new for new, old in enumerate(kept)}
        exchanges = (self.exchanges[index] for index in kept)
        return replace(
            self,
            exchanges=tuple(
                each if each.follows is None else replace(each, follows=places.get(each.follows)) for each in exchanges
            ),
            logs=tuple(entry for entry in self.logs if is_one(entry.url or "")),
        )
