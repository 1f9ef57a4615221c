"""The dialog that asks for the settings of a training."""
