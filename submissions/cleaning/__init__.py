"""What cleans a stranger's file, for a confined child alone: it imports nothing of ours that holds a key or a row.

A cleaned copy shows what the file shows, and carries neither place, author, device, dates nor what was changed when.
What cannot be cleaned is refused with a code, never passed on as it is.
"""
