"""The Explorer's window: encode a crystal, move in latent space, see what it decodes to."""
