/* One block of a product: 32 rows of activations with 32 outputs' weights, in tiles of 16 outputs and 64 inners.
 *
 * Each kernel is a file tiles_*.c; a build has one, which the compiler's flag -DKERNEL_... chooses. */
#ifndef RUBRIC_TILES_H
#define RUBRIC_TILES_H

#include <stddef.h>
#include <stdint.h>

enum { ROWS = 16, DEPTH = 64, TILE = ROWS * DEPTH, OUTPUTS = 32 };

/* How a kernel's numbers lie: activations as `Act` with FLIP added, panels of SIDE rows with 64 inners, and GROUP inners
 * of an output's weights side by side. */
#if defined(KERNEL_AMX)
typedef int8_t Act;
enum { FLIP = 0, GROUP = 4, SIDE = 16 };
#elif defined(KERNEL_AVX512_VNNI) || defined(KERNEL_VNNI256)
typedef uint8_t Act; /* the products take unsigned by signed: the sums begin with what 128 more has added */
enum { FLIP = 128, GROUP = 4, SIDE = 32 };
#elif defined(KERNEL_AVX2) || defined(KERNEL_AVX512BW)
typedef int16_t Act; /* in pairs: exact, where products of bytes would be cut at 16 bits */
enum { FLIP = 0, GROUP = 2, SIDE = 32 };
#elif defined(KERNEL_I8MM)
typedef int8_t Act;
enum { FLIP = 0, GROUP = 8, SIDE = 32 };
#else
typedef int8_t Act;
enum { FLIP = 0, GROUP = 4, SIDE = 32 };
#endif

/* Rows and outputs of the four tiles of sums: first rows with first outputs, first with second, second, second. */
typedef int32_t Sums[4][16][16] __attribute__((aligned(64)));

/* Exact sums of the first `rows` of 32 over `depths` tiles, each output's from its `start`; what is in other rows of
 * `sums` has no meaning. `ahead`: whether to fetch the weights that follow meanwhile; they lie behind these. */
typedef void Multiply(const Act *activations, int32_t rows, const int8_t *weights, const int32_t *start, int32_t depths,
                      int32_t ahead, Sums sums);

/* In logs and metrics. */
extern const char tiles_name[];

/* Whether this build runs on this processor and the system lets the process use its registers. */
int32_t tiles_supported(void);

/* Around the blocks of one thread. */
void tiles_begin(void);
void tiles_end(void);

Multiply tiles_multiply;
/* In every build, on its layout: what tiles_multiply must equal. */
Multiply tiles_multiply_plain;

#endif
