"""What answers the reads of the read plan, besides Google itself: a document, or Google with a document behind it."""
