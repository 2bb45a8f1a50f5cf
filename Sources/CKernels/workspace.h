// Memory that a thread packs operands into.
#ifndef VAE_WORKSPACE_H
#define VAE_WORKSPACE_H

#define WORKSPACE_BYTES (1664 << 10)

// The calling thread's own WORKSPACE_BYTES, aligned to 64. What an earlier product has left there is of no use.
void *vae_workspace(void);

#endif
