"""Sections through maps drawn to scale: PDF, SVG and PNG files."""
