"""Read data sets for training: HDF5 files of proteins or crystals; splits of entries."""
