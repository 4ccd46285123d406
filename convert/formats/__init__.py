"""One folder per format: reading, addressing, checking and writing it."""
