#if defined(__aarch64__)
#include "processor.h"

#include <sys/auxv.h>

/* Bits of the kernel's answers: Linux, Documentation/arch/arm64/elf_hwcaps.rst and asm/hwcap.h. */
enum { HWCAP_DOT = 1 << 20, HWCAP2_INT8 = 1 << 13 };

int32_t processor_has(int32_t features) {
    int32_t found = 0;
    if (getauxval(AT_HWCAP) & HWCAP_DOT) found |= DOT_PRODUCT;
    if (getauxval(AT_HWCAP2) & HWCAP2_INT8) found |= I8MM;
    return (found & features) == features;
}
#endif
