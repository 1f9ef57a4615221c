"""Commands that open and save files and sessions."""
