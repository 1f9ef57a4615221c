"""Phase retrieval: starts, projections, constraints, and verdicts from the data alone."""
