"""Build data sets for training from files of protein models or crystals."""
