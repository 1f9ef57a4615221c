"""Panels round the views: pure views with setters and signals."""
