"""The network architectures and their registry."""
