"""The trained networks: listed, in words, chosen for the open data, removed."""
