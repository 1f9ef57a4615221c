"""From a crystal's Patterson map to its electron density and its atoms."""

__version__ = "0.1.0"
