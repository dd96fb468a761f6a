/* For any processor, to check answers without AMX: the same sums to the last bit. */
#if !defined(__AMX_INT8__)
#include "lanes.h"
#include "tiles.h"

#include <string.h>

enum { AT_ONCE = 4 }; /* rows: their sums don't wait for each other */

int32_t tiles_supported(void) { return 1; }
void tiles_begin(void) {}
void tiles_end(void) {}

void tiles_multiply(const int8_t *activations, size_t next, const int8_t *weights, int32_t depths, int32_t ahead,
                    Sums sums) {
    (void)ahead;
    memset(sums, 0, sizeof(Sums));
    for (int32_t depth = 0; depth < depths; depth++, activations += TILE, weights += 2 * TILE)
        for (int part = 0; part < 2; part++) {
            Lanes wide[DEPTH]; /* the sixteen outputs' weights of each inner */
            for (int inner = 0; inner < DEPTH; inner++)
                for (int output = 0; output < 16; output++)
                    wide[inner][output] = weights[part * TILE + inner / 4 * DEPTH + output * 4 + inner % 4];
            for (int row = 0; row < (next ? 2 * ROWS : ROWS); row += AT_ONCE) {
                const int8_t *from = activations + row / ROWS * next + row % ROWS * DEPTH;
                Lanes sum[AT_ONCE] = {0}; /* exact: 64 products of int8 stay below 2 to the power of 24 */
                for (int inner = 0; inner < DEPTH; inner++)
                    for (int r = 0; r < AT_ONCE; r++) sum[r] += (float)from[r * DEPTH + inner] * wide[inner];
                for (int r = 0; r < AT_ONCE; r++) {
                    WholeLanes *to = (WholeLanes *)sums[row / ROWS * 2 + part][row % ROWS + r];
                    *to += __builtin_convertvector(sum[r], WholeLanes);
                }
            }
        }
}
#endif
