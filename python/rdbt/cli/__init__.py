"""The command line, from Python."""
