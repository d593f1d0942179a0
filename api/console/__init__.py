"""The console: server-rendered pages over the same calls as the admin API, without a build step or a line of script."""
