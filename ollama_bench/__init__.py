"""Is this small model good enough on this hardware, or do you need a bigger one?"""

__version__ = "0.1.0"
