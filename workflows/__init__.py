"""What is done with a submission: triage, letters, replies, publication."""
