from __future__ import annotations

from typing import Any

import pytest

from crauth_doctor.google_json.services import identity_of, proxies_of
from crauth_doctor.model.run import BY_ACCOUNT, CallingIdentity, IdentityType

KIND, CERTIFICATE = "run.googleapis.com/identity-type", "run.googleapis.com/identity-certificate-enabled"


@pytest.mark.parametrize(
    ("template", "identity"),
    [
        ({}, BY_ACCOUNT),
        ({"workloadIdentityConfig": {"identityType": "IDENTITY_TYPE_SERVICE_ACCOUNT"}}, BY_ACCOUNT),
        (
            {"workloadIdentityConfig": {"identityType": "IDENTITY_TYPE_AGENT_IDENTITY"}},
            CallingIdentity(IdentityType.AGENT),
        ),
        (
            {
                "workloadIdentityConfig": {
                    "identityType": "IDENTITY_TYPE_AGENT_IDENTITY",
                    "identityCertificateEnabled": False,
                }
            },
            CallingIdentity(IdentityType.AGENT, has_certificate=False),
        ),
        ({"workloadIdentityConfig": {"identityType": "IDENTITY_TYPE_OF_TOMORROW"}}, CallingIdentity(None)),
        ({"metadata": {"annotations": {KIND: "agent-identity"}}}, CallingIdentity(IdentityType.AGENT)),
        (
            {"metadata": {"annotations": {KIND: "agent-identity", CERTIFICATE: "false"}}},
            CallingIdentity(IdentityType.AGENT, has_certificate=False),
        ),
        ({"metadata": {"annotations": {KIND: "workload-identity"}}}, CallingIdentity(None)),
    ],
)
def test_what_a_workload_calls_as_in_either_version(template: dict[str, Any], identity: CallingIdentity) -> None:
    assert identity_of(template) == identity


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, {}),
        ({"HTTP_PROXY": "http://p:1"}, {"HTTP_PROXY": "http://p:1"}),
        ({"no_proxy": "localhost"}, {"NO_PROXY": "localhost"}),
        ({"HTTP_PROXY": "http://upper:1", "http_proxy": "http://lower:1"}, {"HTTP_PROXY": "http://lower:1"}),
        ({"http_proxy": "http://lower:1", "HTTP_PROXY": "http://upper:1"}, {"HTTP_PROXY": "http://lower:1"}),
        ({"https_proxy": "http://me:p@ss/w0rd@p:1"}, {"HTTPS_PROXY": "http://p:1"}),
        ({"HTTPS_PROXY": "me:secret@p:1"}, {"HTTPS_PROXY": "p:1"}),
        ({"Http_Proxy": "http://p:1", "MY_HTTP_PROXY": "x", "PASSWORD": "x", "ALL_PROXY": "x"}, {}),
    ],
)
def test_only_proxies_are_kept(given: dict[str, str], kept: dict[str, str]) -> None:
    assert dict(proxies_of(given.items())) == kept
