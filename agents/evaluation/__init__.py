"""What an evaluation keeps of a drive beside its end: its trace and scores, where it went, its last seconds."""
