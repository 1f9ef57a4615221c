"""Phase retrieval from amplitudes alone, and its evaluation (torch lives here)."""
