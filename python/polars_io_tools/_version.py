"""The version of the distribution, as driver and workers compare it."""

__all__ = ["__version__"]

__version__ = "0.1.0"
