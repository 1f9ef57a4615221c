"""The interatomic vectors of a model over the Patterson map: which model, and which are chosen."""
