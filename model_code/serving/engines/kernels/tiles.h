/* One block of a product: 32 rows of activations with 32 outputs' weights, in tiles of 16 rows of 64 bytes. */
#ifndef RUBRIC_TILES_H
#define RUBRIC_TILES_H

#include <stddef.h>
#include <stdint.h>

enum { ROWS = 16, DEPTH = 64, TILE = ROWS * DEPTH, OUTPUTS = 32 };

/* Rows and outputs of the four tiles of sums: first rows with first outputs, first with second, second, second. */
typedef int32_t Sums[4][16][16] __attribute__((aligned(64)));

/* Whether this build runs on this processor and the system lets the process use its matrix unit. */
int32_t tiles_supported(void);

/* Around the blocks of one thread. */
void tiles_begin(void);
void tiles_end(void);

/* Sums over `depths` tiles. `next`: bytes from the first 16 rows to the second ones, 0 where there are none.
 * `ahead`: whether to fetch the weights that follow meanwhile; they lie behind these. */
void tiles_multiply(const int8_t *activations, size_t next, const int8_t *weights, int32_t depths, int32_t ahead,
                    Sums sums);

#endif
