"""Those who sign in: officers, mandate holder, auditors, operators."""
