"""What the commands print: tables of figures, descriptions of data sets, progress."""
