"""Pages for a browser, made here, in French and English: no script, nothing loaded from elsewhere."""
