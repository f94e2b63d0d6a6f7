"""Readers of saved pages: text to lines, lines by a layout to the neutral model, the model to a contract."""
