"""OpenCL runtimes for processors that Debian and PyPI have, each in a folder of its own, without installing any."""

from __future__ import annotations

import shutil
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Scripts"))

from unpacked import Unavailable, check, debian_packages, once, only  # noqa: E402


@dataclass
class Runtime:
    """A driver library and the environment that it needs."""

    library: Path | str
    environment: dict[str, str] = field(default_factory=dict)


def installed_pocl(folder: Path) -> Runtime:
    listed = Path("/etc/OpenCL/vendors/pocl.icd")
    if not listed.exists():
        raise Unavailable("not installed; apt-get install pocl-opencl-icd")
    return Runtime(listed.read_text().strip())


def pypi_pocl(folder: Path) -> Runtime:
    wheels(folder, "pocl-binary-distribution")
    return Runtime(only(folder, "pyopencl/.libs/libpocl-*.so"))


def pypi_intel(folder: Path) -> Runtime:
    # The second has libimf and libsvml, which the first needs but does not name.
    wheels(folder, "intel-opencl-rt", "intel-cmplr-lib-rt")
    library = folder / "lib"
    if not library.exists():
        parts = sorted(folder.glob("*.data/data/lib"))
        for part in parts:
            shutil.copytree(part, folder / "lib.part", dirs_exist_ok=True)
        # Every runtime is tried with the loader that vae-gpu is linked to.
        for loader in (folder / "lib.part").glob("libOpenCL.so*"):
            loader.unlink()
        (folder / "lib.part").rename(library)
        for part in parts:
            shutil.rmtree(part)
    return Runtime(only(folder, "lib/libintelocl.so"), {"LD_LIBRARY_PATH": str(library)})


def oclgrind(folder: Path) -> Runtime:
    library = Path("/usr/lib/oclgrind/liboclgrind-rt-icd.so")
    if not library.exists():
        raise Unavailable("not installed; apt-get install oclgrind")
    return Runtime(library, {"OCLGRIND_LOCAL_MEM_SIZE": str(1 << 20)})


def rusticl(folder: Path) -> Runtime:
    if not Path("/usr/lib/clc/spirv64-mesa3d-.spv").exists():
        raise Unavailable("needs files in /usr/lib/clc; apt-get install libclc-15")
    names = [
        "mesa-opencl-icd", "libdrm-amdgpu1", "libdrm-nouveau2", "libdrm-radeon1", "libdrm2", "libelf1", "libllvmspirvlib15",
        "libsensors5", "libclang-cpp15", "libllvm15",
    ]
    once(folder, lambda target: debian_packages(target, *names))
    libraries = folder / "usr/lib/x86_64-linux-gnu"
    return Runtime(
        only(libraries, "libRusticlOpenCL.so.1"),
        {
            "LD_LIBRARY_PATH": str(libraries), "GALLIUM_PIPE_SEARCH_DIR": str(libraries / "gallium-pipe"),
            "RUSTICL_ENABLE": "llvmpipe,swrast",
        },
    )


RUNTIMES: dict[str, Callable[[Path], Runtime]] = {
    "pocl": installed_pocl, "intel": pypi_intel, "pocl-pypi": pypi_pocl, "oclgrind": oclgrind, "rusticl": rusticl,
}


def wheels(folder: Path, *names: str) -> None:
    """Downloads wheels and what they depend on, and unpacks them into the folder."""

    def fetch(target: Path) -> None:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        check([*command, "--only-binary=:all:", "--dest", str(target), *names], target)
        for wheel in target.glob("*.whl"):
            zipfile.ZipFile(wheel).extractall(target)
            wheel.unlink()

    once(folder, fetch)
