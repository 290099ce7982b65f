"""Every API that is written out, in the order in which a bare path is tried."""

from __future__ import annotations

from .iam_credentials import api as iam_credentials
from .oauth import certs_api, token_api
from .run_v2 import api as run

APIS = (run, iam_credentials, token_api, certs_api)
