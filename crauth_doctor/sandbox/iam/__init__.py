"""Who may do what: members, roles, conditions, policies."""
