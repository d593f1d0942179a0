"""Content signals: what a prompt is about, besides who. `gather.gather` runs them; each module says what it means and costs."""
