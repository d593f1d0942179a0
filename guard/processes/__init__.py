"""The processes of `guard serve`: a supervisor with gateway workers, one recorder, one registry builder and face workers.

`supervisor` starts and restarts the others and owns their listening sockets; `worker` serves HTTP; `builder` publishes
the registry to the workers (`subscription` is the workers' end); `snapshot` builds a base gallery in a process of its own;
`recorder` and `faces` are the entries of the rooms of the same name.
"""
