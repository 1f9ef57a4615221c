"""Map files: CCP4 and MRC."""
