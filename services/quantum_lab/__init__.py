"""A CHSH experiment behind a session and a token."""
