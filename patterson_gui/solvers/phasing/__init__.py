"""Phases from measured intensities alone: random starts in P1 and when they have solved."""
