"""The GPUs that the report compiles for, and how many work-items each can hold at a time."""

from __future__ import annotations

from dataclasses import dataclass


def ceiling(value: int, unit: int) -> int:
    """Rounds up to a multiple of the unit."""
    return (value + unit - 1) // unit * unit


@dataclass(frozen=True)
class Target:
    """A processor: a streaming multiprocessor of NVIDIA, a compute unit (gfx11: a work-group processor) of AMD."""

    name: str
    device: str
    """A device that is one, for people."""
    platform: str
    """The name of the OpenCL platform, as the index of the programs has it."""
    wave: int
    """Work-items that run together: a warp or a wave front."""
    waves: int
    """Waves that the processor holds at most; it has four schedulers with a quarter each."""
    groups: int
    """Work-groups of several waves that it holds at most."""
    registers: int
    """Registers of a scheduler, in registers of one work-item times waves (NVIDIA: times 32)."""
    register_unit: int
    local_bytes: int
    local_unit: int
    local_reserved: int
    """Bytes of local memory that the system takes from every work-group."""

    @property
    def is_nvidia(self) -> bool:
        return self.name.startswith("sm_")

    def occupancy(self, registers: int, local: int, group: int) -> float:
        """The share of the waves that the processor can hold, which work-groups of `group` work-items fill."""
        group_waves = ceiling(group, self.wave) // self.wave
        if self.is_nvidia:
            # Registers are allocated for a warp, 256 at a time.
            per_scheduler = self.registers // ceiling(max(registers, 1) * self.wave, self.register_unit)
        else:
            per_scheduler = self.registers // ceiling(max(registers, 1), self.register_unit)
        waves = min(self.waves, 4 * per_scheduler)
        groups = waves // group_waves
        # AMD counts groups by their barriers, which a single wave does without.
        if self.is_nvidia or group_waves > 1:
            groups = min(groups, self.groups)
        bytes_each = ceiling(local, self.local_unit) + self.local_reserved
        if bytes_each:
            groups = min(groups, self.local_bytes // bytes_each)
        return groups * group_waves / self.waves


NVIDIA, AMD = "NVIDIA CUDA", "AMD Accelerated Parallel Processing"

# CUDA C++ Programming Guide, "Compute Capabilities" (sm_75, sm_90); LLVM's AMDGPUBaseInfo.cpp
# (gfx90a, gfx1100).
TARGETS = [
    Target("sm_75", "T4, RTX 20", NVIDIA, 32, 32, 16, 16384, 256, 64 << 10, 256, 0),
    Target("sm_90", "H100, H200", NVIDIA, 32, 64, 32, 16384, 256, 228 << 10, 128, 1024),
    Target("gfx90a", "MI200", AMD, 64, 32, 16, 512, 8, 64 << 10, 512, 0),
    Target("gfx942", "MI300", AMD, 64, 32, 16, 512, 8, 64 << 10, 512, 0),
    Target("gfx1100", "RX 7900", AMD, 32, 64, 32, 1536, 24, 128 << 10, 512, 0),
]
