"""The families of error messages, the first that fits counts. All in lower case; hints first, see `phrases`.

The texts are those of google-auth (Python, Node, Go, Java), gcloud, terraform, curl, browsers and Google's APIs.
"""

from __future__ import annotations

from ..model.clienterror import ErrorFamily as Family
from . import errortable_mint
from .phrases import pattern, words

_TABLE: tuple[tuple[Family, str, str], ...] = (
    *errortable_mint.ROWS,
    (
        Family.CORS_HEADER_WRONG,
        "access-control, cors",
        r"""
        contains the invalid value|contains multiple values|must not be the wildcard
        not allowed by access-control-allow-(?:headers|methods)|that is not equal to the supplied origin
        cors header .{0,40}does not match
        """,
    ),
    (
        Family.CORS_PREFLIGHT_REFUSED,
        "preflight",
        r"""
        preflight request doesn'?t pass|cors preflight (?:response|channel) did not succeed
        preflight response is not successful|preflight.{0,80}(?:no 'access-control-allow-origin'|ok status)
        """,
    ),
    (
        Family.CORS,
        "cors, access-control-allow-origin, cross-origin",
        r"""
        blocked by cors|no 'access-control-allow-origin'|cross-origin request blocked
        not allowed by access-control-allow-origin
        """,
    ),
    (
        Family.IAP_NOT_PROVISIONED,
        "iap",
        r"""
        iap service account is not provisioned
        """,
    ),
    (
        Family.IAP_NOT_SET_UP,
        "iap",
        r"""
        iap for cloud run app is not set up|iap.{0,40}not set up correctly
        """,
    ),
    (
        Family.IAP_TOKEN,
        "iap",
        r"""
        invalid iap credentials
        """,
    ),
    (
        Family.IAP_OAUTH_CLIENT,
        "error code, oauth client",
        r"""
        \berror code:? (?:9|11|13)\b|empty google account oauth client
        """,
    ),
    (
        Family.IAP_NOT_AUTHORIZED,
        "have access, iap",
        r"""
        you don['\u2019]t have access\b|iap.{0,60}(?:access denied|not authorized)
        (?:does not|doesn't) have (?:permission|access) to (?:access )?(?:the )?iap.(?:protected|secured)
        """,
    ),
    (
        Family.SERVICE_PERIMETER,
        "prohibited by organization, vpcservicecontrols, vpc_service_controls, security_policy_violated",
        r"""
        prohibited by organization|vpcservicecontrols|vpc_service_controls|security_policy_violated
        """,
    ),
    (
        Family.MEMBER_NOT_PERMITTED,
        "permitted customer, allusers",
        r"""
        permitted customer
        allusers.{0,40}allauthenticatedusers.{0,120}(?:cannot|can't|can not|できません|不能|無法|无法|nicht|no se pueden
        ~|ne peuvent pas|não podem|нельзя|невозможно|추가할 수 없)
        (?:cannot|unable to|could not|failed to) (?:add|grant|set).{0,80}allusers
        """,
    ),
    (
        Family.INVOKER_CHECK_REQUIRED,
        "invoker_iam_disabled",
        r"""
        invoker_iam_disabled is not
        """,
    ),
    (
        Family.MEMBER_MISSING,
        "does not exist, is deleted",
        r"""
        (?:service account|user|group|principal|identity) .?[\w.+-]+@[\w.-]+.? (?:does not exist|is deleted)
        """,
    ),
    (
        Family.POLICY_CONFLICT,
        "concurrent policy",
        r"""
        concurrent policy changes
        """,
    ),
    (
        Family.ROLE_NOT_SUPPORTED,
        "not supported for this resource, iam policy for",
        r"""
        role .{0,80}is not supported for this resource|error (?:applying|setting) iam policy for .{0,300}error 400
        """,
    ),
    (
        Family.POLICY_NOT_SET,
        "iam policy, invoker, setiampolicy, allow-unauthenticated",
        r"""
        setting iam policy.{0,10}(?:failed|warning)|setting iam policy failed
        (?:unable|failed|could not|couldn't) (?:to )?(?:set|update|add|apply) (?:the )?(?:iam policy|invoker
        ~|iam binding)
        skipp(?:ing|ed).{0,20}(?:setiampolicy|iam policy|invoker)|failed to make .{0,60}public
        """,
    ),
    (
        Family.ORG_POLICY,
        "constraint, org policy, organization policy, organization's policy",
        r"""
        constraints?/?[\w. ]{0,60}violated|violates? (?:constraint|org)|denied by org(?:anization)?(?:'s)? policy
        """,
    ),
    (
        Family.API_DISABLED,
        "service_disabled, it is disabled",
        r"""
        service_disabled|has not been used in project .{0,100}before or it is disabled
        """,
    ),
    (
        Family.NOT_FOUND,
        "of kind, cannot find, not_found",
        r"""
        resource '.{0,200}' of kind|cannot find (?:service|function)|\bnot_found:
        """,
    ),
    (
        Family.TOO_MANY_REDIRECTS,
        "redirect, curl: (47)",
        r"""
        toomanyredirects|too many redirects|curl: \(47\)|maximum .{0,20}redirects|err_too_many_redirects
        stopped after \d+ redirects|exceeded \d+ redirects|redirected you too many times
        """,
    ),
    (
        Family.NAME_NOT_RESOLVED,
        "resolve, enotfound, not known, no such host, unknownhost, getaddrinfo, nxdomain",
        r"""
        curl: \(6\)|enotfound|could not resolve host|name or service not known|no such host|unknownhostexception
        getaddrinfo|nxdomain|name_not_resolved|nameresolutionerror
        """,
    ),
    (
        Family.TLS,
        "certificate, ssl, x509, pkix, tls",
        r"""
        certificate_verify_failed|x509: |local issuer|certificate problem|pkix path|self.signed certificate|err_cert
        err_ssl|sslhandshake|curl: \(60\)|ssl_error
        """,
    ),
    (
        Family.TIMEOUT,
        "timed out, timeout, deadline, etimedout, curl: (28)",
        r"""
        curl: \(28\)|(?:read|connect)timeout|timed out|etimedout|i/o timeout|context deadline exceeded|sockettimeout
        deadline.exceeded|timeout of \d+|err_timed_out|timeouterror
        """,
    ),
    (
        Family.CONNECTION_FAILED,
        "refused, reset, disconnected, unreachable, no route, hang up, curl: (, err_connection",
        r"""
        econnrefused|connection refused|econnreset|connection reset|remotedisconnected|curl: \((?:7|35|52|56)\)
        err_connection|network is unreachable|no route to host|socket hang up
        """,
    ),
    (
        Family.TOKEN_REFUSED_BY_APP,
        "signature, jwt, wrong number of segments, id token, verif, idx105, jose, bad token, jws",
        r"""
        (?:token|jwt|jws).{0,30}signature (?:does not|doesn't|did not|could not|cannot|can't|failed|fails|is invalid
        ~|verification failed|resulted invalid)
        (?:id )?token has (?:an )?(?:invalid|incorrect|wrong) (?:signature|.{0,3}aud)|jsonwebtokenerror
        jwt malformed|invalidsignature(?:error|exception)?\b|signature verification (?:failed|raised|error)
        could not verify token
        wrong number of segments|(?:no matching|certificate for) key.{0,40}(?:kid|not found)|invalid token signature
        failed to (?:verify|validate) (?:the )?(?:id ?)?(?:token|jwt|signature)|jwt rejected:? (?:invalid|bad) signature
        idx105(?:0[03]|1[014]|17)\b|jwssignatureverificationfailed|jwt::verificationerror|badjwsexception
        (?:verification|signature)exception.{0,80}(?:signature|jwt|token)|jwt validity cannot be asserted
        (?:jwt|jwks?|token|signature).{0,40}(?:verification|validation) (?:fails|failed|error)
        crypto/rsa: verification error|square/go-jose.{0,60}(?:error|fail)|jwt issuer is not configured
        (?:token|jwt) signature is invalid|invalid (?:jwt|jws|token) signature|unable to verify .{0,30}signature
        """,
    ),
    (
        Family.PERMISSION_DENIED,
        "permission, iam_permission_denied",
        r"""
        permission .{0,3}[\w.]{3,80}.{0,3} denied|permission_denied.?[:\]\"'}(]|[\"']permission_denied
        (?<!client )does not have (?:the )?(?:required )?permission|missing (?:necessary |required )?permission
        lacks? .{0,40}permission
        """,
    ),
    (
        Family.GRPC_STATUS,
        "unauthenticated, unimplemented",
        r"""
        (?:statuscode\.|code ?[=:] ?|rpc error|grpc|exception:? ?\[?|status[:=] ?\"?|error: ?)\W{0,3}
        ~(?:unauthenticated|unimplemented)\b
        ^unauthenticated\s?[:(]
        """,
    ),
)

FAMILIES = tuple((words(hints), family, pattern(block)) for family, hints, block in _TABLE)
"""What must stand in the line (any of it), the family, and the pattern."""
