"""Text, HTML and pictures of maps and crystals, for Python sessions and notebooks."""
