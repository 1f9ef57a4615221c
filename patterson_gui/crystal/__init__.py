"""Crystals and calculations with them: cells, reflections, maps, models, comparison."""
