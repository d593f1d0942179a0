"""Step 1 and 8: from the bytes of a provider's dialect to every text and every picture in them, and back."""
