"""The prompt: a session that keeps what was defined, and the two ways to talk to it, a terminal and a plain stream."""
