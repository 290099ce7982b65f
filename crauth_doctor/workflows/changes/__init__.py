"""Changes that are planned now and made later, by somebody else's leave."""
