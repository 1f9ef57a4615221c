"""Clients for other programs: ChimeraX (no Qt)."""
