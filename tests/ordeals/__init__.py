"""Real processes under what may befall them: killed, cut off, filled up, searched. One after the other."""
