"""What holds for all tests: the runs inside them are nobody's step, even when they run on GitHub."""

import os

for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
    os.environ.pop(name, None)
