"""Write models, atoms built into a prediction, and crystals of materials."""
