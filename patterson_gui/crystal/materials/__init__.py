"""Inorganic crystals (paper 2): structures, the encoded cube, latents, Gaussian atoms."""
