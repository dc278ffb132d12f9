"""The product's name and its command."""

__version__ = "0.1.0"
