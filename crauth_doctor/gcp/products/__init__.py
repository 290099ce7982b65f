"""The reads of each product of Google Cloud, one file a product."""
