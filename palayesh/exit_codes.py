"""What a command's exit code says; the console reads it of the runs that it starts."""

DONE = 0
REFUSED = 1
"""What was asked was refused, or failed for a reason that is told."""
USAGE = 2
"""The command is not written as it should be."""
INCOMPLETE = 3
"""Done, but something waits for a person: a list is held or missing, a message is uncertain, a row was refused."""
UNFORESEEN = 70
"""Our own fault."""
