"""Add maps and models of files to the views."""
