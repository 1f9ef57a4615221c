"""Inputs of simulation programs, rewritten in the forms that ASE reads."""
