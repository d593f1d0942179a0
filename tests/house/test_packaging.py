"""What is installed: wheel, source distribution and the lock."""

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def hatch(target: str, source: Path, into: Path) -> Path:
    command = [sys.executable, "-P", "-m", "hatchling", "build", "--target", target, "--directory", str(into)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (built,) = into.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hatch("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as opened:
        return set(opened.namelist())


def sources(package: str) -> set[str]:
    return {str(path.relative_to(ROOT)) for path in (ROOT / package).rglob("*.py")}


def test_the_wheel_holds_every_module_the_policies_the_migrations_and_nothing_else(wheel: Path) -> None:
    held = names(wheel)
    policies = {f"guard/_policies/{path.name}" for path in (ROOT / "policies").iterdir() if path.is_file()}
    assert sources("guard") | sources("api") | policies <= held
    assert {name for name in held if re.fullmatch(r"guard/storage/migrations/versions/\w+\.py", name)}
    assert {name.partition("/")[0] for name in held} == {"guard", "api", next(n for n in held if ".dist-info/" in n).partition("/")[0]}


def test_the_wheel_holds_every_compiled_module_and_is_for_this_platform(wheel: Path) -> None:
    compiled = {
        str(path.relative_to(ROOT).with_suffix("")) + sysconfig.get_config_var("EXT_SUFFIX") for path in ROOT.rglob("guard/**/*.pyx")
    }
    binaries = {name for name in names(wheel) if name.endswith((".so", ".pyd", ".c"))}
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    platform = re.escape(sysconfig.get_platform().replace("-", "_").replace(".", "_").partition("_")[0])
    assert (binaries, len(compiled) > 0) == (compiled, True)
    assert re.fullmatch(rf"likeness_guard-[\d.]+-{python}-{python}-{platform}\w+\.whl", wheel.name)
    assert {f"{name.partition('.')[0]}.pyi" for name in compiled} <= names(wheel)


def test_the_wheel_has_one_command_and_its_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        entry_points = next(n for n in opened.namelist() if n.endswith("entry_points.txt"))
        commands = opened.read(entry_points).decode().split()
        licences = [n for n in opened.namelist() if n.endswith("licenses/LICENSE")]
    assert (commands, len(licences)) == (["[console_scripts]", "guard", "=", "guard.cli:main"], 1)


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """The source distribution, unpacked."""
    (tmp_path / "sdist").mkdir()
    with tarfile.open(hatch("sdist", ROOT, tmp_path / "sdist")) as opened:
        opened.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    return source


def test_the_source_distribution_holds_sources_alone(unpacked: Path) -> None:
    files = {path.relative_to(unpacked) for path in unpacked.rglob("*") if path.is_file()}
    wanted = {path.relative_to(ROOT) for ending in ("py", "pyx", "pxd", "pyi") for path in ROOT.glob(f"guard/**/*.{ending}")}
    assert (wanted - files, {path for path in files if path.suffix in {".so", ".pyd", ".o", ".c", ".cpp"}}) == (set(), set())
    assert {"Makefile", "README.md", "requirements.lock", "tests", "docs", "hatch_build.py"} <= {path.name for path in unpacked.iterdir()}
    assert not (unpacked / "build").exists()


def test_the_source_distribution_makes_the_same_wheel(wheel: Path, unpacked: Path, tmp_path: Path) -> None:
    """A binary that another Python or another time left there does not come along."""
    (tmp_path / "again").mkdir()
    (unpacked / "guard" / "match" / "gone.cpython-39-x86_64-linux-gnu.so").write_bytes(b"")
    assert names(hatch("wheel", unpacked, tmp_path / "again")) == names(wheel)


def test_without_a_compiler_it_is_said_what_to_install(unpacked: Path, tmp_path: Path) -> None:
    for source in unpacked.rglob("guard/**/*.pyx"):
        source.unlink()
    (unpacked / "guard" / "one.pyx").write_text("")
    command = [sys.executable, "-P", "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path / "none")]
    environment = {**os.environ, "CC": "/nowhere/cc"}
    finished = subprocess.run(command, cwd=unpacked, env=environment, capture_output=True, text=True, check=False)
    assert (finished.returncode, "Traceback" in finished.stderr) == (1, False)
    assert "could not be compiled: " in finished.stderr
    assert "apt-get install gcc python3-dev" in finished.stderr


def test_what_the_wheel_holds_runs_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """Unpacked over the same dependencies: policies and migrations are found inside the package, whatever lies in the working directory."""
    installed, elsewhere = tmp_path / "installed", tmp_path / "elsewhere"
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(installed)
    (elsewhere / "api").mkdir(parents=True)
    (elsewhere / "api" / "__init__.py").write_text("raise SystemExit('imported from the working directory')")
    code = (
        "import guard, api, api.app, pathlib\n"
        "from guard.decide import load\n"
        "from guard.storage import make_engine, upgrade\n"
        "upgrade(make_engine('sqlite:///x.db'))\n"
        "print(guard.__file__, api.__file__, load.bundled()['default'], sep='\\n')\n"
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(installed)}
    finished = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=elsewhere, env=environment, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    assert [Path(line).relative_to(installed).as_posix() for line in finished.stdout.split()] == [
        "guard/__init__.py",
        "api/__init__.py",
        "guard/_policies/default.yaml",
    ]


# -- the locks


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_has_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    requirements = [entry for entry in re.split(r"\n(?=\S)", text.strip()) if not entry.startswith("#")]
    assert [entry for entry in requirements if "--hash=sha256:" not in entry] == []
    assert re.findall(r"https?://|file:|index|find-links|@ ", text) == []


def test_the_locks_hold_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime, dev = locked("requirements.lock"), locked("requirements-dev.lock")
    extras = [name for group in project["project"]["optional-dependencies"].values() for name in group]
    wanted = distributions(project["project"]["dependencies"]) | distributions(project["dependency-groups"]["build"])
    wanted_for_development = wanted | distributions(extras) | distributions(project["dependency-groups"]["dev"])
    assert (wanted - runtime.keys(), wanted_for_development - dev.keys()) == (set(), set())
    assert {name: dev.get(name) for name in runtime} == runtime


def distributions(requirements: list[str]) -> set[str]:
    return {normal(re.split(r"[^\w.-]", requirement)[0]) for requirement in requirements}


def locked(lock: str) -> dict[str, list[str]]:
    pins: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE):
        pins.setdefault(normal(name), []).append(version)
    return pins


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_no_file_names_a_package_registry_or_a_path_of_somebodys_machine() -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split("\0")
    if tracked == [""]:
        pytest.skip("not a git checkout")
    registries = re.compile(r"index-url\s*=|registry\s*=\s*\"http|\"resolved\":\s*\"http|files\.pythonhosted|registry\.npmjs")
    texts = {
        name: (ROOT / name).read_text(errors="ignore")
        for name in tracked
        if name and (ROOT / name).is_file() and not name.startswith("tests/house/")
    }
    assert [name for name, text in texts.items() if registries.search(text)] == []
    assert [name for name, text in texts.items() if str(ROOT) + "/" in text or str(Path.home()) + "/" in text] == []
