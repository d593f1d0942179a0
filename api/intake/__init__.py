"""The public form by which anybody asks to be left out, without an account; served only with `GUARD_PUBLIC_INTAKE=true`."""
