"""System modules behind the policy."""
