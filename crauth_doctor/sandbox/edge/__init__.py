"""What stands before a service: names, ingress, IAP, tokens, Google's own error pages."""
