"""Measured intensities: statistics, merging, absences, tests for twins; expected contents."""
