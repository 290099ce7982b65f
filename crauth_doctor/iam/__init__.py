"""May this principal do that? Members, roles, conditions, allow and deny policies, as IAM evaluates them.

One answer for every command: yes, no, or what could not be seen.

Source: https://docs.cloud.google.com/iam/docs/policy-types#evaluation
"""
