"""The only writer to Google: a change is agreed to, made with the etag just read, read back, and leaves a receipt."""
