"""Sending the record on as it grows: to a SIEM by syslog or OpenTelemetry, to anybody by a signed webhook;
and its checkpoints to witnesses, who cosign them, and by mail.

The log is the buffer: a sink has a durable cursor that moves only over what was confirmed, so a slow or dead sink delays nobody
and loses nothing; it may see an event twice, and tells so by the index.
"""
