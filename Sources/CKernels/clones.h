// Compiles a function for several instruction sets, of which the loader chooses one.
#ifndef VAE_CLONES_H
#define VAE_CLONES_H

#ifndef __has_feature
#define __has_feature(name) 0
#endif

#if !defined(__x86_64__)
#define CLONES
#elif __has_feature(thread_sanitizer) || __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
// The resolver that chooses would be instrumented and runs in the loader, before the sanitizer: the program would end there. One
// instruction set, that of every processor since 2015, takes its place.
#define CLONES __attribute__((target("arch=x86-64-v3")))
#else
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif

#endif
