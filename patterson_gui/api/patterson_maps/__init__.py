"""Patterson maps, differences of amplitudes for them, and sections through maps."""
