"""Phases of a protein from sites of heavy atoms, and density modification."""
