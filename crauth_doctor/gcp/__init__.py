"""The door to Google: credentials, clients, test calls, errors. Nothing else imports `google.*` or `requests`."""
