"""What resources send when they act."""
