"""Write figures of merit, tables and plots to files."""
