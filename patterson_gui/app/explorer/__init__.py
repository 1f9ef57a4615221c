"""The Explorer without its window: encoded crystal, latent, known crystals."""
