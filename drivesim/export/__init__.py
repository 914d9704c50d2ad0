"""Data sets of recorded drives: how they are written whole, in which formats, and how they are read again."""
