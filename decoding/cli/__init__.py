"""The command line: the same requests and the same numbers as the pages."""
