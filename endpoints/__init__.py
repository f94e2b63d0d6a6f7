"""Where to send: targets, the HTTP session, and the embedded mock."""
