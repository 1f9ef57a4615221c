"""Pages of an open data set."""
