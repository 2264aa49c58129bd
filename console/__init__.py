"""The stewards' web console: a second front door, beside ``flows/``."""
