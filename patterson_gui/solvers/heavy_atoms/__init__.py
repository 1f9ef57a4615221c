"""Sites of heavy atoms from anomalous or isomorphous differences: search and refinement."""
