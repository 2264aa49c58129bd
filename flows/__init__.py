"""The order of things, the schedule and the command line; the only room that knows what day it is."""
