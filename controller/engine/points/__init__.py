"""One point: the lines that change it, its state as read, who holds it, and what became of its step."""
