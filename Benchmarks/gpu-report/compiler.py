"""Compiles one program for one target, and reads what became of each kernel."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from assembly import Instruction, Loop, inner_loop
from targets import Target
from toolchain import Toolchain


class Failed(Exception):
    """A program that does not compile; the text is the compiler's."""


class Refused(Failed):
    """A program for newer devices than the target: the engine tries such candidates and leaves them."""


# "Instruction 'mma' requires .target sm_80 or higher"; "'...' needs target feature mai-insts".
TOO_NEW = re.compile(r"requires .target|not supported on .target|needs target feature|not supported on this GPU")


@dataclass
class Kernel:
    name: str
    group: int
    """Work-items of a work-group."""
    registers: int
    scalar_registers: int | None
    spills: int
    """Bytes stored and loaded (NVIDIA) or registers (AMD)."""
    private_bytes: int
    local_bytes: int
    instructions: int
    loop: Loop | None
    occupancy: float = 0


def compile_program(program: dict, folder: Path, target: Target, tools: Toolchain, work: Path) -> list[Kernel]:
    """The kernels of a program, compiled in the empty folder `work`."""
    front = [
        tools.clang, "-x", "cl", "-Xclang", "-finclude-default-header", "-O3", "-nogpulib",
        # OpenCL C and no more, which -w would not tell: NVIDIA's compiler refuses variadic macros.
        *(option for option in shlex.split(program["options"]) if option != "-w"), "-pedantic-errors",
    ]
    source = folder / program["source"]
    compile_with = nvidia if target.is_nvidia else amd
    kernels = compile_with(front, source, program["work_group_size"], target, tools, work)
    missing = set(program["kernels"]) - {kernel.name for kernel in kernels}
    if missing or not kernels:
        raise Failed("the compiled program lacks " + (", ".join(sorted(missing)) or "kernels"))
    for kernel in kernels:
        kernel.occupancy = target.occupancy(kernel.registers, kernel.local_bytes, kernel.group)
    return kernels


def run(tools: Toolchain, *command: str | Path) -> str:
    """The output, messages included."""
    done = tools.run(*command)
    text = done.stdout + done.stderr
    if done.returncode != 0:
        lines = [line for line in text.splitlines() if "error" in line] or text.splitlines() or ["no message"]
        raise (Refused if TOO_NEW.search(text) else Failed)(re.sub(r"^.*?error\s*:\s*", "", lines[0]).strip())
    return text


def nvidia(
    front: list[str | Path], source: Path, group: int, target: Target, tools: Toolchain, work: Path
) -> list[Kernel]:
    target_flags = ["--target=nvptx64-nvidia-nvcl", "-Xclang", "-target-cpu", "-Xclang", target.name]
    # NVIDIA's driver writes a newer version of PTX than clang does unasked, which the text of
    # inline assembly may need.
    target_flags += ["-Xclang", "-target-feature", "-Xclang", "+ptx78"]
    library = tools.libclc / "nvptx64--nvidiacl.bc"
    run(
        tools, *front, *target_flags, "-D__NV_CL_C_VERSION=120", "-Xclang", "-mlink-bitcode-file", "-Xclang", library,
        "-S", "-emit-llvm", source, "-o", work / "code.ll",
    )
    groups = stated_groups((work / "code.ll").read_text())
    run(tools, tools.clang, *target_flags, "-w", "-O3", "-x", "ir", "-S", work / "code.ll", "-o", work / "code.ptx")
    ptx = with_groups((work / "code.ptx").read_text(), groups, group)
    (work / "code.ptx").write_text(ptx)
    report = run(tools, tools.ptxas, "-v", "-arch", target.name, work / "code.ptx", "-o", work / "code.cubin")
    listings = sass(run(tools, tools.nvdisasm, "-c", work / "code.cubin"))
    kernels: list[Kernel] = []
    for part in re.split(r"Compiling entry function ", report)[1:]:
        name = quoted(part)

        def number(pattern: str) -> int:
            return sum(map(int, re.findall(pattern, part)))

        listing = listings[name]
        kernels.append(Kernel(
            name, groups.get(name, group), number(r"Used (\d+) registers"), None, number(r"(\d+) bytes spill"),
            number(r"(\d+) bytes stack frame"), number(r"(\d+) bytes smem"),
            sum(isinstance(line, Instruction) for line in listing), inner_loop(listing, target.wave),
        ))
    return kernels


def quoted(text: str) -> str:
    match = re.match(r"'(\w+)'", text)
    if match is None:
        raise Failed("ptxas writes another report than this script reads")
    return match.group(1)


def stated_groups(ir: str) -> dict[str, int]:
    """Work-items by the reqd_work_group_size of each kernel that has one."""
    sizes = dict(re.findall(r"^!(\d+) = !\{(i32 \d+, i32 \d+, i32 \d+)\}", ir, re.MULTILINE))
    groups: dict[str, int] = {}
    for name, node in re.findall(r"^define [^\n]*@(\w+)\([^\n]*!reqd_work_group_size !(\d+)", ir, re.MULTILINE):
        x, y, z = map(int, re.findall(r"i32 (\d+)", sizes[node]))
        groups[name] = x * y * z
    return groups


def with_groups(ptx: str, groups: dict[str, int], group: int) -> str:
    """The text with the size of the work-group of every entry, which clang writes for CUDA alone."""

    def state(match: re.Match[str]) -> str:
        size = groups.get(match.group(2), group)
        return f"{match.group(1)}\n.reqntid {size}, 1, 1"

    return re.sub(r"(\.entry\s+(\w+)\s*\([^)]*\))(?!\s*\.(?:req|max)ntid)", state, ptx)


def sass(text: str) -> dict[str, list[Instruction | str]]:
    """Instructions and labels by kernel, of what nvdisasm -c prints."""
    listings: dict[str, list[Instruction | str]] = {}
    listing: list[Instruction | str] = []
    for line in text.splitlines():
        if section := re.match(r"\s*\.section\s+\.text\.(\w+)", line):
            listing = listings.setdefault(section.group(1), [])
        elif label := re.match(r"(\.L_\w+):", line):
            listing.append(label.group(1))
        elif code := re.match(r"\s*/\*[0-9a-f]+\*/\s+(?:\{\s*)?(@!?\w+\s+)?([A-Z][\w.]*)\s*([^;]*);", line):
            predicate, name, operands = code.groups()
            branch = re.search(r"`\((\.L_\w+)\)", operands) if name.split(".")[0] in ("BRA", "BRX", "JMP") else None
            is_conditional = predicate is not None or (branch is not None and operands[: branch.start()].strip() != "")
            leaves = branch is not None or name.split(".")[0] in ("EXIT", "RET")
            listing.append(
                Instruction(name, operands, branch and branch.group(1), is_conditional or not leaves))
    return listings


def amd(
    front: list[str | Path], source: Path, group: int, target: Target, tools: Toolchain, work: Path
) -> list[Kernel]:
    # libclc's libraries of single devices are for systems without HSA; this one serves all.
    library = tools.libclc / "amdgcn--amdhsa.bc"
    run(
        tools, *front, "--target=amdgcn-amd-amdhsa", f"-mcpu={target.name}", "-Xclang", "-mlink-bitcode-file", "-Xclang",
        library, "-S", source, "-o", work / "code.s",
    )
    text = (work / "code.s").read_text()
    kernels: list[Kernel] = []
    for part in re.split(r"^  - (?=\.agpr_count|\.args)", text, flags=re.MULTILINE)[1:]:

        def number(key: str) -> int:
            match = re.search(rf"^ +{re.escape(key)}: +(\d+)", part, re.MULTILINE)
            return int(match.group(1)) if match else 0

        match = re.search(r"^ +\.symbol: +'?(\w+)\.kd", part, re.MULTILINE)
        if match is None:
            raise Failed("clang writes other metadata than this script reads")
        name = match.group(1)
        stated = re.search(r"\.reqd_workgroup_size:\s+- (\d+)\s+- (\d+)\s+- (\d+)", part)
        items = int(stated.group(1)) * int(stated.group(2)) * int(stated.group(3)) if stated else group
        listing = gcn(text, name)
        kernels.append(Kernel(
            name, items, number(".vgpr_count"), number(".sgpr_count"),
            number(".vgpr_spill_count") + number(".sgpr_spill_count"), number(".private_segment_fixed_size"),
            number(".group_segment_fixed_size"), sum(isinstance(line, Instruction) for line in listing),
            inner_loop(listing, target.wave),
        ))
    return kernels


def gcn(text: str, name: str) -> list[Instruction | str]:
    """Instructions and labels of a kernel, of clang's assembly."""
    match = re.search(rf"^{name}:.*?^\.Lfunc_end", text, re.MULTILINE | re.DOTALL)
    listing: list[Instruction | str] = []
    for line in (match.group(0) if match else "").splitlines():
        if label := re.match(r"(\.LBB\w+):", line):
            listing.append(label.group(1))
        elif code := re.match(r"\s+([a-z]+_\w+)\s*([^;]*)", line):
            mnemonic, operands = code.groups()
            branch = re.search(r"(\.LBB\w+)", operands) if re.match(r"s_c?branch", mnemonic) else None
            leaves = mnemonic in ("s_branch", "s_endpgm", "s_setpc_b64")
            listing.append(Instruction(mnemonic, line, branch and branch.group(1), not leaves))
    return listing
