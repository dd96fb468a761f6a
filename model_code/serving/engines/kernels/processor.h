/* What this processor has, and the system lets a process use. */
#ifndef RUBRIC_PROCESSOR_H
#define RUBRIC_PROCESSOR_H

#include <stdint.h>

enum {
    V3 = 1,          /* x86-64-v3: AVX2, FMA, F16C and what comes with them */
    V4 = 2,          /* x86-64-v4: AVX-512 F, BW, CD, DQ and VL besides */
    AVX512_VNNI = 4,
    DOT_PRODUCT = 8, /* Arm's */
    I8MM = 16,
};

/* Whether it has all of `features`. */
int32_t processor_has(int32_t features);

#endif
