"""Refinement on F² in a space group, from start to finish, and what follows from its result."""
