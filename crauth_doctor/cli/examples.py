"""What each command is typed like, the commonest first: the end of its help."""

from __future__ import annotations

from typing import Final

EXAMPLES: Final = {
    "check": (
        "crauth-doctor check orders --caller run/checkout",
        "crauth-doctor check orders --caller run/checkout --fix",
        "crauth-doctor check https://orders-123456789012.us-central1.run.app --caller run/checkout",
    ),
    "call": ("crauth-doctor call orders /v1/items --caller run/checkout",),
    "grant": (
        "crauth-doctor grant orders --caller run/checkout --dry-run",
        "crauth-doctor grant orders --sa checkout-run@shop-prod.iam.gserviceaccount.com --expires 2h",
    ),
    "revoke": ("crauth-doctor revoke orders --caller run/checkout",),
    "undo": ("crauth-doctor undo --dry-run",),
    "receipts": ("crauth-doctor receipts",),
    "who": ("crauth-doctor who orders",),
    "expect": ("crauth-doctor expect --init orders > contract.yaml", "crauth-doctor expect contract.yaml"),
    "snippet": ("crauth-doctor snippet orders --caller run/checkout --lang go",),
    "runbook": ("crauth-doctor runbook orders --caller run/checkout",),
    "permissions": ("crauth-doctor permissions check", "crauth-doctor permissions grant --format terraform"),
    "explain": (
        "crauth-doctor explain iam/missing-invoker",
        "curl -i https://orders-123456789012.us-central1.run.app | crauth-doctor explain -",
    ),
    "info": ("crauth-doctor info",),
    "demo": ("crauth-doctor demo",),
    "sandbox": ("crauth-doctor sandbox --world iam-missing-invoker",),
}
"""By the name of the command, in the shell's words."""
