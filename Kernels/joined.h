// A launch of several commands. Kernels become functions of the place of their work-group, so that
// one kernel can call them all (the text behind this is generated, JoinedProgram.swift).
// Work-groups take tickets in the order in which they begin: the work of a ticket waits for that of
// earlier ones only, which is running or done, so a launch ends however few of its work-groups a
// device runs at once. Commands that need each other's results are on different levels; `done`
// counts, for each level, the tickets that are finished.
//
// `control`: the next ticket, the finished tickets of each level, all finished tickets;
// CONTROL_STRIDE words apart, so that counters do not share a cache line. The ticket that finishes
// last leaves them at 0.
#undef ROW
#undef ITEM
#undef FOR_ITEM
#undef KERNEL
#undef ROW_KERNEL
#undef GROUP_SCRATCH
// The pointers of the kernel have no `restrict`: what it may keep in a cache that is not coherent,
// because nothing in its launch writes it, may have been written by the level before. Those of the
// functions have one for NVIDIA's compiler alone, for the time of a call; Oclgrind does not know
// what LLVM makes of it.
#ifndef NVIDIA
#undef IN
#undef OUT
#undef INOUT
#define IN(type, name) __global const type *name, const ulong name##_place
#define OUT(type, name) __global type *name, const ulong name##_place
#define INOUT(type, name) __global type *name, const ulong name##_place
#endif
#define ROW vae_place
#define ITEM vae_place
#define FOR_ITEM(count) if (ITEM < (count))
// Written behind the parenthesis that opens the parameters of a kernel (JoinedLaunch.swift).
#define JOINED_PARAMETERS const size_t vae_place, __local real *vae_scratch,
#define KERNEL(name, parameters) LOCAL_FUNCTION void name parameters
#define ROW_KERNEL(name, parameters) LOCAL_FUNCTION void name parameters
#define GROUP_SCRATCH(scratch) __local real *scratch = vae_scratch

#define CONTROL_STRIDE 32
// The value of a counter. Elsewhere an atomic that changes nothing: a compiler may move reads of
// other memory to the front of a volatile one.
#ifdef NVIDIA
#define COUNTER(at) (*(at))
#define PAUSE __asm__ volatile("nanosleep.u32 32;")
#else
#define COUNTER(at) atomic_or(at, 0u)
#define PAUSE
#endif

// The ticket of a work-group.
LOCAL_FUNCTION uint joined_ticket(volatile __global uint *control, __local uint *memory) {
  if (get_local_id(0) == 0) memory[0] = atomic_inc(control);
  barrier(CLK_LOCAL_MEM_FENCE);
  const uint ticket = memory[0];
  barrier(CLK_LOCAL_MEM_FENCE);
  return ticket;
}

// Waits until `count` tickets of a level are finished.
LOCAL_FUNCTION void joined_wait(volatile __global uint *control, const uint level, const uint count) {
  if (get_local_id(0) == 0) {
    while (COUNTER(control + CONTROL_STRIDE * (1 + level)) < count) PAUSE;
    DEVICE_FENCE;
  }
  barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
}

// Counts a finished ticket.
LOCAL_FUNCTION void joined_finish(volatile __global uint *control, const uint level, const uint levels,
                                  const uint tickets) {
  barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
  if (get_local_id(0) == 0) {
    DEVICE_FENCE;
    atomic_inc(control + CONTROL_STRIDE * (1 + level));
    if (atomic_inc(control + CONTROL_STRIDE * (1 + levels)) == tickets - 1) {
      for (uint word = 0; word < levels + 2; word++) control[CONTROL_STRIDE * word] = 0;
      DEVICE_FENCE;
    }
  }
}
