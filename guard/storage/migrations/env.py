"""Runs the migrations on the connection that `guard.storage.upgrade` hands over; its transaction is the caller's."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], target_metadata=None, transactional_ddl=True)
context.run_migrations()
