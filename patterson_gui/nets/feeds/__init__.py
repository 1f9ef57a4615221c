"""Batches for training, made from data sets on the device."""
