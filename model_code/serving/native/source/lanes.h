/* Sixteen numbers at a time, by the compiler's own vectors: one register where the processor has such wide ones. */
#ifndef RUBRIC_LANES_H
#define RUBRIC_LANES_H

#include <stdint.h>

/* Such vectors are passed in other ways without AVX-512, which matters to nobody: no function here is called across. */
#pragma clang diagnostic ignored "-Wpsabi"

enum { LANES = 16 };

typedef _Float16 Half;
typedef float Lanes __attribute__((vector_size(64), aligned(4)));
typedef int32_t WholeLanes __attribute__((vector_size(64), aligned(4)));
typedef Half HalfLanes __attribute__((vector_size(32), aligned(2)));

static inline Lanes load(const float *from) { return *(const Lanes *)from; }
static inline void store(float *to, Lanes values) { *(Lanes *)to = values; }
static inline Lanes all(float value) { return (Lanes){0} + value; }
static inline Lanes least(Lanes a, Lanes b) { return __builtin_elementwise_min(a, b); }
static inline Lanes greatest(Lanes a, Lanes b) { return __builtin_elementwise_max(a, b); }
static inline Lanes absolute(Lanes a) { return __builtin_elementwise_abs(a); }

static inline float greatest_of(Lanes values) { return __builtin_reduce_max(values); }
static inline float sum_of(Lanes values) {
    float sum = 0;
    for (int i = 0; i < LANES; i++) sum += values[i];
    return sum;
}
static inline Lanes chosen(WholeLanes which, Lanes yes, Lanes no) {
    return (Lanes)(((WholeLanes)yes & which) | ((WholeLanes)no & ~which));
}

static inline int32_t whole(int32_t count, int32_t of) { return (count + of - 1) / of * of; }

#endif
