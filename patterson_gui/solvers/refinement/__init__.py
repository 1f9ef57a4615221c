"""Least-squares refinement on F² in a space group: model, derivatives, constraints, figures."""
