"""Reports for people: an evidence pack, an activity report, a transparency report. Built from rows, without database or clock."""
