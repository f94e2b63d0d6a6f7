"""What came out: verdicts as JSON, the terminal's summary, and the page that a person reviews."""
