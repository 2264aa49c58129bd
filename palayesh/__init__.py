"""Decisions: who is who, who is entitled, who is covered, as pure functions over tables.

Rooms: ``intake`` (what a file says), ``validation`` (which records hold), ``linkage`` (who is who), ``eligibility`` (who is
entitled, and why), ``coverage`` (how many are reached), ``reports`` (what officials read), ``delivery`` (what becomes of a
letter), ``synthetic`` (a province made up from a seed). They do not know each other; they share the modules beside this one. ``adapters`` is the outside world.
"""
