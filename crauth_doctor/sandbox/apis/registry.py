"""Every API that is written out, in the order in which a bare path is tried."""

from __future__ import annotations

from . import iam_v2, run_v1
from .compute_v1 import api as compute
from .iam_credentials import api as iam_credentials
from .iam_v1 import api as iam
from .iap_v1 import api as iap
from .logging_v2 import api as logging
from .oauth import certs_api, token_api
from .org_policy import api as org_policy
from .policy_troubleshooter import api as troubleshooter
from .resource_manager import api as resource_manager
from .run_v2 import api as run
from .sender_edits import pubsub, scheduler
from .sts import api as sts

APIS = (
    run,
    iam_credentials,
    iam,
    logging,
    org_policy,
    resource_manager,
    token_api,
    certs_api,
    troubleshooter,
    sts,
    iap,
    compute,
    scheduler,
    pubsub,
)
EXTENDED = (run_v1, iam_v2)  # these add their paths to an API above
