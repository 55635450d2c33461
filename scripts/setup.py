"""Make `.venv` hold exactly what the lock files name; run by `make setup` with any python3.

Only the standard library, and no syntax newer than Python 3.6: an old interpreter has to get as far as the
sentence that says what is wrong with it.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
STAMP = os.path.join(VENV, "insiders-installed.txt")


class SetupError(Exception):
    """A sentence for the person at the terminal."""


def check_python(version: "tuple[int, ...]" = tuple(sys.version_info[:2]), executable: str = sys.executable) -> None:
    if tuple(version[:2]) < OLDEST:
        have, need = ".".join(map(str, version)), ".".join(map(str, OLDEST))
        raise SetupError(
            f"Insiders needs Python {need} or newer, but {executable} is {have}. Install a newer Python and "
            "name it: make setup PYTHON=python3.12"
        )


def check_ensurepip(version: "tuple[int, ...]" = tuple(sys.version_info[:2])) -> None:
    """Debian and Ubuntu ship python3 without the part that puts pip into a new environment."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        raise SetupError(
            "This Python cannot make a virtual environment, because its ensurepip module is missing. On "
            "Debian and Ubuntu it comes in a package of its own: "
            f"apt-get install python{version[0]}.{version[1]}-venv. Then run the same command again."
        ) from None


def venv_python() -> str:
    return os.path.join(VENV, "bin", "python")


def is_venv_alive() -> bool:
    """An environment outlives the interpreter it was made from; then nothing in it starts any more."""
    try:
        return subprocess.call([venv_python(), "-c", "import pip"], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def make_venv() -> None:
    check_ensurepip()
    say("Making the virtual environment .venv")
    if os.path.isdir(VENV) and not os.path.islink(VENV):
        shutil.rmtree(VENV)
    run([sys.executable, "-m", "venv", VENV])


def fingerprint(files: "list[str]") -> str:
    """Changes with the interpreter and with every byte of the lock files."""
    digest = hashlib.sha256(sys.version.encode())
    for name in files:
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(name.encode() + b"\0" + file.read())
    return digest.hexdigest()


def installed() -> "list[str]":
    try:
        with open(STAMP) as file:
            return file.read().split()
    except OSError:
        return []


def install(files: "list[str]") -> None:
    say("Installing the packages of " + " and ".join(files) + " (a minute or two, once)")
    command = [venv_python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # pyspark is published as source alone: nothing of it is compiled.
    command += ["--require-hashes", "--only-binary", ":all:", "--no-binary", "pyspark"]
    for name in files:
        command += ["-r", os.path.join(ROOT, name)]
    run(command)


def run(command: "list[str]") -> None:
    if subprocess.call(command) != 0:
        raise SetupError(
            "This step failed: {}. The lines above say why; run the same command again when that is mended.".format(
                " ".join(command)
            )
        )


def say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


def setup(is_dev: bool, is_spark: bool = False) -> None:
    """The plain requirements are a part of the development ones, so either stamp serves `make run`."""
    plain, both, spark = ["requirements.txt"], ["requirements.txt", "requirements-dev.txt"], ["requirements-spark.txt"]
    check_python()
    wanted = both if is_dev else plain
    missing = [files for files in [wanted] + [spark] * is_spark if fingerprint(files) not in installed()]
    if not missing and os.path.exists(venv_python()):
        return
    # What an earlier state of the files left is no longer true: the same file may come back.
    kept = [mark for mark in installed() if mark in [fingerprint(files) for files in (plain, both, spark)]]
    if not is_venv_alive():
        make_venv()
        missing, kept = [wanted] + [spark] * is_spark, []
    for files in missing:
        install(files)
        kept += [fingerprint(plain)] * (files is not spark) + [fingerprint(files)]
    with open(STAMP, "w") as file:
        file.write("\n".join(sorted(set(kept))) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", action="store_true", help="also what the tests and checks need")
    parser.add_argument("--spark", action="store_true", help="also pyspark, for a cluster and its tests")
    try:
        arguments = parser.parse_args()
        is_all = arguments.dev and os.environ.get("INSIDERS_REQUIRE_ALL") == "1"
        setup(arguments.dev, arguments.spark or is_all)
    except SetupError as error:
        sys.stderr.write(str(error) + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
