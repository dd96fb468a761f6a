/* By Arm's dot product: sdot adds four products of bytes to each of four sums. */
#if defined(KERNEL_DOT)
#include "processor.h"
#include "tiles.h"

#include <arm_neon.h>

enum { MOST = 8, AHEAD = 8192 }; /* rows at once: their 16 sums, 8 registers of activations and 2 of weights; bytes */

const char tiles_name[] = "dot";

int32_t tiles_supported(void) { return processor_has(DOT_PRODUCT); }
void tiles_begin(void) {}
void tiles_end(void) {}

/* `count` rows with 8 outputs, the lane-th four of 16 inners. */
#define STEP(lane)                                                                                                     \
    do {                                                                                                               \
        const int8x16_t first = vld1q_s8(from + (lane) * DEPTH), second = vld1q_s8(from + (lane) * DEPTH + 16);        \
        _Pragma("clang loop unroll(full)") for (int r = 0; r < count; r++) {                                           \
            a[r] = vdotq_laneq_s32(a[r], first, x[r], lane);                                                           \
            b[r] = vdotq_laneq_s32(b[r], second, x[r], lane);                                                          \
        }                                                                                                              \
    } while (0)

/* `count` rows with the eight outputs from the eighth-th eight. */
static inline __attribute__((always_inline)) void block(int count, const Act *activations, const int8_t *weights,
                                                        int32_t depths, int32_t ahead, int32_t row, int eighth,
                                                        Sums sums) {
    int32x4_t a[MOST], b[MOST];
#pragma clang loop unroll(full)
    for (int r = 0; r < count; r++) a[r] = b[r] = vdupq_n_s32(0);
    activations += row * DEPTH;
    weights += eighth / 2 * TILE + eighth % 2 * 32;
    for (int32_t depth = 0; depth < depths; depth++, activations += SIDE * DEPTH, weights += 2 * TILE)
        for (int k = 0; k < DEPTH; k += 16) {
            const int8_t *from = weights + k * 16;
            int8x16_t x[MOST];
            if (ahead) __builtin_prefetch(from + AHEAD), __builtin_prefetch(from + AHEAD + 2 * DEPTH);
#pragma clang loop unroll(full)
            for (int r = 0; r < count; r++) x[r] = vld1q_s8(activations + r * DEPTH + k);
            STEP(0);
            STEP(1);
            STEP(2);
            STEP(3);
        }
#pragma clang loop unroll(full)
    for (int r = 0; r < count; r++) {
        int32_t *to = sums[(row + r) / ROWS * 2 + eighth / 2][(row + r) % ROWS] + eighth % 2 * 8;
        vst1q_s32(to, a[r]), vst1q_s32(to + 4, b[r]);
    }
}

#define CASE(n)                                                                                                        \
    case n:                                                                                                            \
        block(n, activations, weights, depths, ahead, row, eighth, sums);                                              \
        break;

void tiles_multiply(const Act *activations, int32_t rows, const int8_t *weights, const int32_t *start, int32_t depths,
                    int32_t ahead, Sums sums) {
    (void)start; /* zeros */
    for (int eighth = 0; eighth < OUTPUTS / 8; eighth++) {
        int32_t blocks = (rows + MOST - 1) / MOST;
        for (int32_t row = 0; row < rows; blocks--) {
            const int32_t count = (rows - row + blocks - 1) / blocks;
            switch (count) { CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) }
            row += count;
        }
    }
}
#endif
