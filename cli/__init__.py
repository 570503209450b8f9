"""The door `python -m cli.console`."""
