"""Reads one file in a process of its own, with little memory, little time and nothing to write to.

``palayesh.adapters.spreadsheets`` starts it. The file comes on standard input (its name never does), the cells leave on
standard output as lines of JSON: a head, then for each sheet its facts and its rows, then an end. What may not be
read leaves as ``{"refusal": code, "facts": {...}}``; the facts are numbers and fixed words, never a cell.

Nothing heavy is imported here: what is imported counts against the memory limit.
"""
