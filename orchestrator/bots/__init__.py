"""The bots: deterministic pieces of office work, one a file, that need nothing but a processor."""
