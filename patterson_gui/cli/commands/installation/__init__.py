"""Commands that say what is installed here and whether it works."""
