/* On any processor and in every build, to check its products: the same sums to the last bit. */
#include "lanes.h"
#include "processor.h"
#include "tiles.h"

#include <string.h>

enum { AT_ONCE = 4 }; /* rows: their sums don't wait for each other */

void tiles_multiply_plain(const Act *activations, int32_t rows, const int8_t *weights, const int32_t *start,
                          int32_t depths, int32_t ahead, Sums sums) {
    (void)ahead, (void)start; /* FLIP is taken off each activation instead */
    const size_t panel = (size_t)SIDE * DEPTH * depths;
    memset(sums, 0, sizeof(Sums));
    for (int32_t depth = 0; depth < depths; depth++, activations += SIDE * DEPTH, weights += 2 * TILE)
        for (int part = 0; part < 2; part++) {
            Lanes wide[DEPTH]; /* the sixteen outputs' weights of each inner */
            for (int inner = 0; inner < DEPTH; inner++)
                for (int output = 0; output < 16; output++)
                    wide[inner][output] = weights[part * TILE + (inner / GROUP * 16 + output) * GROUP + inner % GROUP];
            for (int row = 0; row < rows; row += AT_ONCE) {
                const Act *from = activations + row / SIDE * panel + row % SIDE * DEPTH;
                Lanes sum[AT_ONCE] = {0}; /* exact: 64 products of int8 stay below 2 to the power of 24 */
                for (int inner = 0; inner < DEPTH; inner++)
                    for (int r = 0; r < AT_ONCE; r++) sum[r] += (float)(from[r * DEPTH + inner] - FLIP) * wide[inner];
                for (int r = 0; r < AT_ONCE; r++) {
                    WholeLanes *to = (WholeLanes *)sums[row / ROWS * 2 + part][row % ROWS + r];
                    *to += __builtin_convertvector(sum[r], WholeLanes);
                }
            }
        }
}

#if defined(KERNEL_PLAIN)
const char tiles_name[] = "plain";

#if defined(__x86_64__)
int32_t tiles_supported(void) { return processor_has(V3); } /* what the library is compiled for */
#else
int32_t tiles_supported(void) { return 1; }
#endif
void tiles_begin(void) {}
void tiles_end(void) {}

void tiles_multiply(const Act *activations, int32_t rows, const int8_t *weights, const int32_t *start, int32_t depths,
                    int32_t ahead, Sums sums) {
    tiles_multiply_plain(activations, rows, weights, start, depths, ahead, sums);
}
#endif
