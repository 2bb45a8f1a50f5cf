// NVIDIA and AMD are options of a build for their devices.
// What work-groups of one launch need to hand values to each other: every store before the fence is
// seen by a work-group that reads behind its own fence and has seen, through an atomic, that the
// first one has passed.
#if defined(NVIDIA)
#define DEVICE_FENCE __asm__ volatile("membar.gl;" ::: "memory")
#elif defined(AMD)
#define DEVICE_FENCE __builtin_amdgcn_fence(__ATOMIC_ACQ_REL, "agent")
#else
#define DEVICE_FENCE mem_fence(CLK_GLOBAL_MEM_FENCE)
#endif
