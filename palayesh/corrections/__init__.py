"""Mending what failed: causes, mends, and stewards' corrections that outlive the file. Pure decisions on tables."""
