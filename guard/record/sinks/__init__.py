"""Sending the record on as it grows: to a SIEM by syslog, to anybody by a signed webhook.

The log is the buffer: a sink has a durable cursor that moves only over what was confirmed, so a slow or dead sink delays nobody
and loses nothing; it may see an event twice, and tells so by the index.
"""
