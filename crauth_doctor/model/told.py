"""What only a person can tell, in words of ours."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Told(StrEnum):
    """One thing that a person said. It is said, not seen: rules may lean on it, never prove by it."""

    MEANT_PUBLIC = "meant-public"
    APP_USES_AUTHORIZATION = "app-uses-authorization"
    """The application's own token travels in Authorization too."""
    APP_VERIFIES_SIGNATURE = "app-verifies-signature"
    CALLABLE = "callable"
    """It is a callable Firebase function, which tools make public."""
    SENDER_WEBHOOK = "sender-webhook"
    SENDER_BROWSER = "sender-browser"
    SENDER_APP = "sender-app"
    SENDER_LAPTOP = "sender-laptop"
    SENDER_OUTSIDE = "sender-outside"
    """The caller runs outside Google Cloud: another cloud, a SaaS, a CI system."""
    THROUGH_PROXY = "through-proxy"
    THROUGH_CDN = "through-cdn"
    THROUGH_GATEWAY = "through-gateway"
    THROUGH_LOAD_BALANCER = "through-load-balancer"
    THROUGH_RUN_PROXY = "through-run-proxy"
    """`gcloud run services proxy` or cloud-run-proxy, which set Authorization themselves."""
    PROXY_ENVIRONMENT = "proxy-environment"
    HOST_REWRITTEN = "host-rewritten"
    DIRECT_WORKS = "direct-works"
    """The same call straight to the service works."""
    OTHER_CALLER_WORKS = "other-caller-works"
    WORKED_BEFORE = "worked-before"
    WORKS_LATER = "works-later"
    """The same call works some minutes later with nothing changed."""
    AFTER_DEPLOY = "after-deploy"
    JUST_DEPLOYED = "just-deployed"
    JUST_GRANTED = "just-granted"
    DOMAIN_MAPPED = "domain-mapped"
    SHARING_RESTRICTED = "sharing-restricted"
    """Domain restricted sharing holds there."""
    CHECK_WAS_OFF = "check-was-off"
    """The invoker check had been switched off on purpose."""
    FEDERATED = "federated"


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing told, and the words that say so.

    Args:
        told: what.
        line: where it stands.
        text: the line, cleaned.
        subject: the product, host or name that it is about, where the words name one.
    """

    told: Told
    line: int
    text: str
    subject: str = ""
