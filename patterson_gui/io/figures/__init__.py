"""Figures: pictures, animations, and the settings that they were made with."""
