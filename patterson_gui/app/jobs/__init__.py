"""Background jobs with progress, cancellation and one result."""
