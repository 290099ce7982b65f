"""What a user gives in place of the cloud: the settings in a paste, and what an earlier run saved."""
