"""What whoever runs the house does: keys, grants, backups, the record. Commands only; no page leads here."""
