"""Find commands and their keys: a list to search, and a sheet."""
