"""Many data sets: found in a folder tree, recorded when solved, shown as one table."""
