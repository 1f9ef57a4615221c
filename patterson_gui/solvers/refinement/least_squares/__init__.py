"""Least squares on F²: parameters and constraints, derivatives, normal equations, figures."""
