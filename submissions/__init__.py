"""What a source tells us, and the public face on which it is told."""
