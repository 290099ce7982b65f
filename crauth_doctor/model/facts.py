"""Everything that is to be known of one call, one field a fact."""

from __future__ import annotations

from ..deferred import dataclass
from .asks.said import Said
from .caller import Attempt, Caller, Federation, Origin, PrivateZone, Sending, Subnetwork
from .evidence import Evidence, Judged, LogEntry
from .fact import Absent, Fact, Obstacle, Source, Unknown
from .http import Call, Response, TestCalls
from .iam import Account, AllowPolicies, Constraints, Denials, ElsewherePolicy, Policy, Principal, Troubleshot
from .load_balancer import LoadBalancer
from .run import Domain, Ingress, Service, Siblings
from .token import Token

NOT_ASKED = Unknown(Source("nothing", "not asked"), Obstacle.NOT_ASKED)
NOT_GIVEN = Absent(Source("evidence", "none was given"))


@dataclass(frozen=True)
class Facts:
    """What is known of one call."""

    now: Fact[int] = NOT_ASKED  # the time of the call, seconds since 1970
    call: Fact[Call] = NOT_ASKED
    # whether the host that is called leads to the callee: to a URL of its own, of its function, or a domain that is
    # mapped to it, or that a load balancer sends to it; unknown where nothing that was read tells where the host leads
    call_leads_here: Fact[bool] = NOT_ASKED
    # whether the host in the token's audience leads to the callee, where it is neither the host that is called nor one
    # of Cloud Run's own; absent elsewhere
    audience_leads_here: Fact[bool] = NOT_ASKED
    service: Fact[Service] = NOT_ASKED  # the callee; absent when there is none of that name
    ingress: Fact[Ingress] = NOT_ASKED  # which network paths the callee lets in
    # the ingress that was asked for, where a change is under way or failed; else absent
    wanted_ingress: Fact[Ingress] = NOT_ASKED
    # full resource names of services of the same short name elsewhere in the project
    namesakes: Fact[tuple[str, ...]] = NOT_ASKED
    # full resource names of Cloud Run instances that have the service's name, and so maybe its URL; absent where there
    # are none, or there is such a service
    instances: Fact[tuple[str, ...]] = NOT_ASKED
    caller: Fact[Caller] = NOT_ASKED  # who calls, as the user named it
    # the own settings of a calling Cloud Run service; of a job or function as well, which have its account, VPC egress
    # and proxies, and no URL; absent when the caller is none of these
    caller_service: Fact[Service] = NOT_ASKED
    # whom the call is made as; absent when the caller cannot have a Google identity
    principal: Fact[Principal] = NOT_ASKED
    # the principal's service account; absent when it does not exist or the principal is none
    account: Fact[Account] = NOT_ASKED
    # the ID token that this tool minted as the caller; unknown when it could not or did not try
    minted: Fact[Token] = NOT_ASKED
    # how a product sends the call for its user; absent when the caller calls by itself
    sending: Fact[Sending] = NOT_GIVEN
    # the last call that the caller itself is known to have made, where the product that makes it tells: absent where it
    # has made none, or tells nothing
    attempt: Fact[Attempt] = NOT_GIVEN
    # the allow policies that decide whether that product's agent may mint for the account: the account's own, then its
    # project's; absent when no agent mints
    minting: Fact[AllowPolicies] = NOT_GIVEN
    # how a foreign token becomes the account's; absent when the caller needs none
    federation: Fact[Federation] = NOT_GIVEN
    origin: Fact[Origin] = NOT_ASKED  # where in the network the call comes from
    subnetwork: Fact[Subnetwork] = NOT_ASKED  # the caller's subnetwork; absent when it has no VPC egress
    zones: Fact[tuple[PrivateZone, ...]] = NOT_ASKED  # the private zones for run.app that its network sees
    policies: Fact[AllowPolicies] = NOT_ASKED  # every allow policy that can let the caller in
    # deny rules that name the permission to invoke, and where such rules could not be read
    denials: Fact[Denials] = NOT_ASKED
    # the allow policy of Identity-Aware Proxy for the callee; absent when IAP is off
    iap_policy: Fact[Policy] = NOT_ASKED
    constraints: Fact[Constraints] = NOT_ASKED  # effective organization policies that decide who may be let in
    # what Policy Troubleshooter says of whether the caller may invoke; absent where the policies that were read leave
    # nothing open
    troubleshot: Fact[Troubleshot] = NOT_ASKED
    # allow policies of other resources that give the caller a role
    elsewhere: Fact[tuple[ElsewherePolicy, ...]] = NOT_ASKED
    # services that were deployed like the callee, and whether they are public; absent where that is no sign
    siblings: Fact[Siblings] = NOT_ASKED
    # the mapping of the custom domain that is called; absent where there is none in the callee's region, or the call
    # goes to a URL of Cloud Run's own
    domain: Fact[Domain] = NOT_ASKED
    # what the load balancer that the called host leads to does with the call; absent where none of the callee's project
    # names the host, or the call goes to a URL of Cloud Run's own
    load_balancer: Fact[LoadBalancer] = NOT_ASKED
    # when the callee's allow policy was last written, or its project's for this caller, seconds since 1970, by the
    # audit log; absent when not within a month, or when it does not matter
    written: Fact[int] = NOT_ASKED
    # how many entries of Cloud Logging were taken into the evidence; absent where they were not needed
    logged: Fact[int] = NOT_ASKED
    # calls to the service that its log shows refused since the last change, whoever made them; absent where they were
    # not needed: nobody says that a call fails, or the product that calls is known by its user agent
    refused: Fact[tuple[LogEntry, ...]] = NOT_ASKED
    # the token that the caller sends; absent when it sends none, unknown when nothing tells
    token: Fact[Token] = NOT_ASKED
    calls: Fact[TestCalls] = NOT_ASKED  # the tool's own test calls
    # the answer to the caller's own failing call, from what the user gave; absent when none was given
    seen: Fact[Response] = NOT_GIVEN
    # everything that was recognised in what the user gave; absent when nothing was given
    evidence: Fact[Evidence] = NOT_GIVEN
    # every read that failed, also those that no other fact shows, because it is known by another way
    failed: Fact[tuple[Unknown, ...]] = NOT_ASKED
    # of how many failing calls in what the user gave `seen` is one, or which hosts refused where it is none; absent
    # where no failing call was given
    judged: Fact[Judged] = NOT_GIVEN
    said: Fact[Said] = NOT_GIVEN  # what a person says of the call; absent where nobody says anything
