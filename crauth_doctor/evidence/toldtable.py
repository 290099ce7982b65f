"""Families of phrases by which people say what no log says."""

from __future__ import annotations

from . import told_setting, told_story, told_tongues
from .phrases import pattern, words

_MACROS = {
    "service": (r"(?:service|function|callable|endpoint|api|site|app|page|backend|server|url|webhook)s?"),
    "webhook": (
        r"stripe|github|gitlab|bitbucket|slack|twilio|sendgrid|mailgun|shopify|paypal|telegram|discord|line|hubspot|zapier|jira|"
        r"docusign|plaid|razorpay|paddle|square|adyen|whatsapp|meta|facebook|calendly|intercom|zendesk|linear|clerk|resend|postmark"
    ),
    "role": (
        r"(?:roles/)?run[. ]?(?:services)?invoker|cloud run (?:services? )?invoker|invoker role|"
        r"起動元|调用者|呼び出し元"
    ),
}

FAMILIES = tuple(
    (told, words(hints), pattern(block, _MACROS))
    for told, hints, block in (*told_setting.ROWS, *told_story.ROWS, *told_tongues.ROWS)
)
"""What is told, the words of which one must be there, and the pattern, all in lower case."""
