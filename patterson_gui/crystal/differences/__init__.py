"""Anomalous and isomorphous differences of amplitudes: how they are made and how good they are."""
