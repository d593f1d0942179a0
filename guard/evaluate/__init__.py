"""Judging the guard as a whole, from outside: a tour, a throw-away instance, drawn faces."""
