/* By Arm's int8 matrix products: smmla adds the eight products of two rows with two outputs to four sums. */
#if defined(KERNEL_I8MM)
#include "processor.h"
#include "tiles.h"

#include <arm_neon.h>

enum { MOST = 4, AHEAD = 8192 }; /* pairs of rows at once: their 16 sums, 4 registers of activations, 4 of weights */

const char tiles_name[] = "i8mm";

int32_t tiles_supported(void) { return processor_has(DOT_PRODUCT | I8MM); }
void tiles_begin(void) {}
void tiles_end(void) {}

/* `count` pairs of rows with 8 outputs, of which a register has two. An odd last row's fellow is computed in vain. */
static inline __attribute__((always_inline)) void block(int count, const Act *activations, const int8_t *weights,
                                                        int32_t depths, int32_t ahead, int32_t row, int eighth,
                                                        Sums sums) {
    int32x4_t sum[MOST][4];
#pragma clang loop unroll(full)
    for (int r = 0; r < count; r++) sum[r][0] = sum[r][1] = sum[r][2] = sum[r][3] = vdupq_n_s32(0);
    activations += row * DEPTH;
    weights += eighth / 2 * TILE + eighth % 2 * 64;
    for (int32_t depth = 0; depth < depths; depth++, activations += SIDE * DEPTH, weights += 2 * TILE)
        for (int k = 0; k < DEPTH; k += GROUP) {
            const int8_t *from = weights + k * 16;
            int8x16_t w[4];
            if (ahead) __builtin_prefetch(from + AHEAD);
            for (int pair = 0; pair < 4; pair++) w[pair] = vld1q_s8(from + pair * 16);
#pragma clang loop unroll(full)
            for (int r = 0; r < count; r++) {
                const int8_t *two = activations + 2 * r * DEPTH + k;
                const int8x16_t x = vcombine_s8(vld1_s8(two), vld1_s8(two + DEPTH));
                for (int pair = 0; pair < 4; pair++) sum[r][pair] = vmmlaq_s32(sum[r][pair], x, w[pair]);
            }
        }
#pragma clang loop unroll(full)
    for (int r = 0; r < count; r++)
        for (int of = 0; of < 2; of++) {
            const int32_t own = row + 2 * r + of;
            int32_t *to = sums[own / ROWS * 2 + eighth / 2][own % ROWS] + eighth % 2 * 8;
            for (int pair = 0; pair < 4; pair++)
                vst1_s32(to + 2 * pair, of ? vget_high_s32(sum[r][pair]) : vget_low_s32(sum[r][pair]));
        }
}

#define CASE(n)                                                                                                        \
    case n:                                                                                                            \
        block(n, activations, weights, depths, ahead, row, eighth, sums);                                              \
        break;

void tiles_multiply(const Act *activations, int32_t rows, const int8_t *weights, const int32_t *start, int32_t depths,
                    int32_t ahead, Sums sums) {
    (void)start; /* zeros */
    const int32_t pairs = (rows + 1) / 2;
    for (int eighth = 0; eighth < OUTPUTS / 8; eighth++) {
        int32_t blocks = (pairs + MOST - 1) / MOST;
        for (int32_t pair = 0; pair < pairs; blocks--) {
            const int32_t count = (pairs - pair + blocks - 1) / blocks, row = 2 * pair;
            switch (count) { CASE(1) CASE(2) CASE(3) CASE(4) }
            pair += count;
        }
    }
}
#endif
