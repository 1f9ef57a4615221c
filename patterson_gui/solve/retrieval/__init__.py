"""Phase retrieval: starts, projections, constraints, and the test whether it succeeded."""
