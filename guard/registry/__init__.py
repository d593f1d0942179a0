"""People, what they decided, and who may call: everything the guard keeps besides its record."""
