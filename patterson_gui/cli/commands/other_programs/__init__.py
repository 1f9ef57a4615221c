"""Commands that show, fetch and install in ChimeraX, Coot and PyMOL."""
