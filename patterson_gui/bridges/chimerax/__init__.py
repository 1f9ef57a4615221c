"""The bridge to ChimeraX."""
