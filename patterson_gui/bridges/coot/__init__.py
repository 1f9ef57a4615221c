"""The bridge to Coot."""
