"""Google's APIs: credentials, clients, test calls, errors. Nothing else imports `google.*` or `requests`."""
