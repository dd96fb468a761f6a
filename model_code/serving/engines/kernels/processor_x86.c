#if defined(__x86_64__)
#include "processor.h"

#include <cpuid.h>

/* Any x86-64 runs these functions, whatever the rest of the library is compiled for. */
#pragma clang attribute push(__attribute__((target("no-avx,no-bmi,no-bmi2,no-lzcnt,no-movbe"))), apply_to = function)

/* Bits of CPUID's answers and of XCR0: Intel's manual, volume 2A, "CPUID", and volume 1, 13.3. */
enum { BASIC = 1, FEATURES = 7, EXTENDED = 0x80000001u };
enum { FMA = 1 << 12, MOVBE = 1 << 22, OSXSAVE = 1 << 27, AVX = 1 << 28, F16C = 1 << 29 };            /* 1: ECX */
enum { BMI1 = 1 << 3, AVX2 = 1 << 5, BMI2 = 1 << 8 };                                                /* 7: EBX */
enum { AVX512F = 1 << 16, AVX512DQ = 1 << 17, AVX512CD = 1 << 28, AVX512BW = 1 << 30 };              /* 7: EBX */
static const uint32_t AVX512VL = 1u << 31;                                                           /* 7: EBX */
enum { VNNI = 1 << 11 };                                                                             /* 7: ECX */
enum { LZCNT = 1 << 5 };                                                                             /* extended: ECX */
enum { YMM_STATE = 0x6, ZMM_STATE = 0xe6 };

static int32_t all_of(uint32_t found, uint32_t needed) { return (found & needed) == needed; }

/* The registers that the system saves; only where OSXSAVE is set. */
static uint32_t saved_state(void) {
    uint32_t low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

int32_t processor_has(int32_t features) {
    uint32_t a, b, c, d, basic, extended;
    if (!__get_cpuid(BASIC, &a, &b, &basic, &d) || !__get_cpuid(EXTENDED, &a, &b, &extended, &d) ||
        !__get_cpuid_count(FEATURES, 0, &a, &b, &c, &d) || !all_of(basic, OSXSAVE))
        return 0;
    const uint32_t state = saved_state();
    int32_t found = 0;
    if (all_of(state, YMM_STATE) && all_of(basic, FMA | MOVBE | AVX | F16C) && all_of(b, BMI1 | AVX2 | BMI2) &&
        all_of(extended, LZCNT))
        found |= V3;
    if (found & V3 && all_of(state, ZMM_STATE) && all_of(b, AVX512F | AVX512DQ | AVX512CD | AVX512BW | AVX512VL))
        found |= V4;
    if (all_of(c, VNNI)) found |= AVX512_VNNI;
    return (found & features) == features;
}
#pragma clang attribute pop
#endif
