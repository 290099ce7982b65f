"""A change in each dialect: gcloud commands, Terraform, plain words. Pure; one file a dialect."""
