"""How maps and crystals show themselves in a Python session and in a notebook."""
