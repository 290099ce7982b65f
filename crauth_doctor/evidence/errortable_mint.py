"""The families of error messages of minting a token, in the form of `errortable`."""

from __future__ import annotations

from ..model.clienterror import ErrorFamily as Family

ROWS: tuple[tuple[Family, str, str], ...] = (
    (
        Family.USER_AUDIENCE,
        "--audiences",
        r"""
        invalid account type for .{0,3}--audiences
        """,
    ),
    (
        Family.NO_ID_TOKEN_CREDENTIALS,
        "metadata server or valid, fetch id token, idtoken:, idtokenprovider, id token, oidc token, identity token",
        r"""
        neither metadata server or valid service account|cannot fetch id token in this environment
        idtoken: (?:unsupported credentials|credential must be)|cannot be cast to .{0,80}idtokenprovider
        credentials? (?:\w+ ){0,3}(?:do(?:es)? not|cannot|can't) (?:support|provide|create|fetch|mint).{0,30}(?:id
        ~|oidc).?tokens?
        no identity token can be obtained from the current credentials
        """,
    ),
    (
        Family.METADATA_NO_AUDIENCE,
        "audience parameter",
        r"""
        non-empty audience parameter required
        """,
    ),
    (
        Family.METADATA_NOT_DEFINED,
        "not defined",
        r"""
        metadata.{0,200}(?:identity|token|service-accounts).{0,300}not defined
        """,
    ),
    (
        Family.METADATA_UNREACHABLE,
        "metadata",
        r"""
        metadata server (?:is )?(?:unavailable|unreachable|not (?:reachable|found|available))
        failed to retrieve .{0,500}google compute engine metadata
        metadata(?:\.google\.internal)?.{0,200}(?:timed out|timeout|refused|unreachable|enotfound|not known
        ~|no such host|ehostunreach)
        (?:enotfound|econnrefused|etimedout|no such host|could not reach).{0,80}metadata
        """,
    ),
    (
        Family.OPEN_ID_TOKEN_DENIED,
        "getopenidtoken",
        r"""
        getopenidtoken
        """,
    ),
    (
        Family.STS_DENIED,
        (
            "sts, attribute condition, issuer, workload identity, unauthorized_client, invalid_target, subject token, "
            "federated token, google-github-actions, workforce, audience in id token"
        ),
        r"""
        failed to (?:generate|exchange|fetch|get|retrieve) (?:a )?(?:google cloud )?(?:federated|sts) token
        google-github-actions/auth failed with: failed to generate google cloud
        (?:token exchange|sts exchange|exchange token|externalaccount).{0,80}(?:fail|error|status code 4\d\d|denied
        ~|refused)
        error code invalid_(?:request|grant|target|client):.{0,200}(?:subject|audience|issuer|provider|pool|jwk
        ~|assertion)
        rejected by the attribute condition|credential'?s issuer
        sts\.googleapis\.com.{0,200}(?:denied|invalid|fail|4\d\d)|unauthorized_client|invalid_target
        (?:invalid|expired) subject token|audience in id token .{0,200}does not match
        """,
    ),
    (
        Family.ACCESS_TOKEN_DENIED,
        "getaccesstoken, impersonat",
        r"""
        iam\.serviceaccounts\.getaccesstoken|failed to impersonate|unable to (?:acquire )?impersonate
        """,
    ),
    (
        Family.ACT_AS_DENIED,
        "actas, act as",
        r"""
        serviceaccounts\.actas|(?:permission|not allowed|lacks?|denied).{0,60}\bact as\b
        """,
    ),
    (
        Family.SIGN_DENIED,
        "signjwt, signblob",
        r"""
        serviceaccounts\.sign(?:jwt|blob)
        """,
    ),
    (
        Family.KEY_REJECTED,
        "invalid_grant, jwt signature, verifier",
        r"""
        invalid jwt signature|invalid_grant.{0,80}signature|no valid verifier
        """,
    ),
    (
        Family.CLOCK,
        "timeframe, too early, clock, issued in the future, in the future",
        r"""
        reasonable timeframe|token used too early|token (?:was )?issued in the future
        (?:system|computer'?s?|your) clock.{0,60}(?:wrong|skew|off\b|behind|ahead|correct)
        \(iat\).{0,40}in the future
        """,
    ),
    (
        Family.ACCOUNT_DISABLED,
        "disabled",
        r"""
        (?:service )?account.{0,160}(?:is|has been|was) disabled|service account disabled|account_disabled
        user_disabled|account is disabled
        """,
    ),
    (
        Family.ACCOUNT_NOT_FOUND,
        "account not found, gaia id, unknown service account",
        r"""
        account not found|gaia id not found|unknown service account
        """,
    ),
    (
        Family.REAUTH,
        "reauth, invalid_rapt, expired or revoked, refreshing your current auth",
        r"""
        reauthenticat|invalid_rapt|expired or revoked|problem refreshing your current auth
        """,
    ),
    (
        Family.GRANT_INVALID,
        "invalid_grant, cannot fetch token",
        r"""
        invalid_grant|oauth2: cannot fetch token
        """,
    ),
    (
        Family.NO_CREDENTIALS,
        "credentials, active account",
        r"""
        default credentials (?:were|was) not found
        could not (?:automatically determine|find default|load the default) credentials
        could not find default credentials|active account selected|is not valid service account credentials
        google_application_credentials.{0,80}(?:not found|invalid|does not exist)
        """,
    ),
)
"""The family, hints, and the pattern."""
