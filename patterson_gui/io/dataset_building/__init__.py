"""Building data sets for training from files of models or crystals."""
