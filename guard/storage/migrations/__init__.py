"""The schema's history, one file a step; the newest file and the tables in the code agree, and a test holds them to it."""
