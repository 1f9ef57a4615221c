"""Find heavy atoms from differences, and phase a protein with them."""
