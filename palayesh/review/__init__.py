"""Clerical review: what a steward sees of a pair, in which order pairs are asked, and which judgements stand."""
