"""Compiles the modules that are written in Cython (`guard/**/*.pyx`) when a wheel or an editable installation is built."""

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# An index outside an array is an error there too, never a read of other memory.
_DIRECTIVES = {"language_level": 3, "boundscheck": True, "wraparound": False, "cdivision": True, "embedsignature": True}

_NEEDED = """
Likeness Guard could not be compiled: {error}

To install it from its source, a C compiler and the headers of Python must be there:
  Debian, Ubuntu   apt-get install gcc python3-dev
  Fedora, RHEL     dnf install gcc python3-devel
  Alpine           apk add gcc musl-dev python3-dev
  macOS            xcode-select --install
A wheel that `make build` made on such a machine needs neither (docs/how-to/deploy.md).
"""


class CompiledModules(BuildHookInterface):
    """The hook that hatchling calls."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile what is newer than its binary; the binaries lie beside their sources, and these and no others go into a wheel."""
        from Cython.Build import cythonize
        from setuptools import Distribution, Extension
        from setuptools.errors import BaseError, CCompilerError

        here = os.getcwd()
        os.chdir(self.root)
        try:
            sources = sorted(Path("guard").rglob("*.pyx"))
            modules = [Extension(".".join(path.with_suffix("").parts), [str(path)], extra_compile_args=["-O2", "-g0"]) for path in sources]
            compiled = cythonize(modules, build_dir="build", compiler_directives=_DIRECTIVES, quiet=True)
            command = Distribution({"ext_modules": compiled}).get_command_obj("build_ext")
            command.inplace = True
            command.parallel = os.cpu_count()  # a minute of CPU in all
            command.ensure_finalized()
            command.run()
            binaries = [Path(command.get_ext_fullpath(module.name)).resolve().relative_to(Path.cwd()) for module in compiled]
        except (BaseError, CCompilerError) as error:  # the compiler that is missing, and what it said
            raise SystemExit(_NEEDED.format(error=error)) from error
        finally:
            os.chdir(here)
        build_data.update(pure_python=False, infer_tag=True, artifacts=[f"/{path.as_posix()}" for path in binaries])
