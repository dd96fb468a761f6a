/* Sixteen numbers at a time, by the compiler's own vectors: one register where the processor has such wide ones. */
#ifndef RUBRIC_LANES_H
#define RUBRIC_LANES_H

#include <stdint.h>
#include <string.h>

/* The warning says that such vectors are passed differently without AVX-512; no function here crosses that border. */
#pragma clang diagnostic ignored "-Wpsabi"

enum { LANES = 16 };

typedef _Float16 Half;
typedef float Lanes __attribute__((vector_size(64), aligned(4)));
typedef int32_t WholeLanes __attribute__((vector_size(64), aligned(4)));
typedef uint32_t BitLanes __attribute__((vector_size(64), aligned(4)));
typedef Half HalfLanes __attribute__((vector_size(32), aligned(2)));

static inline Lanes load(const float *from) { return *(const Lanes *)from; }
static inline void store(float *to, Lanes values) { *(Lanes *)to = values; }
static inline Lanes all(float value) { return (Lanes){0} + value; }
static inline Lanes least(Lanes a, Lanes b) { return __builtin_elementwise_min(a, b); }
static inline Lanes greatest(Lanes a, Lanes b) { return __builtin_elementwise_max(a, b); }
static inline Lanes absolute(Lanes a) { return __builtin_elementwise_abs(a); }

static inline float greatest_of(Lanes values) { return __builtin_reduce_max(values); }

/* Compares by bits, where absolute values are in order and NaN is above all of them: comparisons under -ffast-math may
 * lose a NaN, and an answer made of it would look like any other. */
static inline int32_t bits_of(float value) {
    int32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}
static inline float of_bits(int32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
static inline int32_t absolute_bits(float value) { return bits_of(value) & INT32_MAX; }
static inline int32_t is_finite(float value) { return absolute_bits(value) < 0x7f800000; }
static inline Lanes greatest_absolute(Lanes a, Lanes b) {
    return (Lanes)__builtin_elementwise_max((WholeLanes)a, (WholeLanes)b & INT32_MAX);
}
static inline float greatest_absolute_of(Lanes values) {
    return of_bits(__builtin_reduce_max((WholeLanes)values & INT32_MAX));
}
/* A whole number from -128 to 127 as a byte: some byte for any other value, where a conversion would be undefined. */
static inline int8_t byte_of(float whole_number) {
    return (int8_t)(uint8_t)bits_of(whole_number + 12582912.0f); /* 1.5 * 2^23: the last bits count ones */
}
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
