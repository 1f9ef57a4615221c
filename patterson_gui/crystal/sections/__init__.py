"""Sections through maps, contour lines, and the Harker sections of space groups."""
