"""The open document: data, prediction, statistics, view settings."""
