"""Scenes of maps and models, drawn with OpenGL in a thread of their own."""
