"""Likeness Guard: keeps people who opted out out of generated images, and can prove it."""
