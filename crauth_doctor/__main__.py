"""`python -m crauth_doctor`."""

import sys

from .cli.main import main

sys.exit(main())
