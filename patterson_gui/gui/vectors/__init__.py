"""The table of interatomic vectors."""
