"""What a sandbox holds: the world, its clock and its logs."""
