/* By AVX-512 VNNI in registers of 256 bits: vpdpbusd adds four products of bytes to each of eight sums. */
#if defined(KERNEL_VNNI256)
#include "processor.h"
#include "tiles.h"

#include <immintrin.h>
#include <string.h>

enum { MOST = 14, AHEAD = 8192 }; /* rows at once: their 28 sums, two registers of weights and another; bytes */

const char tiles_name[] = "avx512-vnni-256";

int32_t tiles_supported(void) { return processor_has(V4 | AVX512_VNNI); }
void tiles_begin(void) {}
void tiles_end(void) {}

/* Four inners of a row, eight times. */
static inline __m256i four(const Act *from) {
    int32_t bytes;
    memcpy(&bytes, from, sizeof bytes);
    return _mm256_set1_epi32(bytes);
}

/* `count` rows with 16 outputs. */
static inline __attribute__((always_inline)) void block(int count, int ahead, const Act *activations,
                                                        const int8_t *weights, const int32_t *start, int32_t depths,
                                                        int32_t row, int part, Sums sums) {
    __m256i a[MOST], b[MOST];
#pragma clang loop unroll(full)
    for (int r = 0; r < count; r++)
        a[r] = _mm256_loadu_si256((const __m256i *)start), b[r] = _mm256_loadu_si256((const __m256i *)(start + 8));
    activations += row * DEPTH;
    for (int32_t depth = 0; depth < depths; depth++, activations += SIDE * DEPTH, weights += 2 * TILE) {
#pragma clang loop unroll_count(2)
        for (int k = 0; k < DEPTH; k += GROUP) {
            const __m256i first = _mm256_loadu_si256((const __m256i *)(weights + k * 16));
            const __m256i second = _mm256_loadu_si256((const __m256i *)(weights + k * 16 + 32));
            if (ahead) _mm_prefetch(weights + AHEAD + k * 16, _MM_HINT_T0);
#pragma clang loop unroll(full)
            for (int r = 0; r < count; r++) {
                const __m256i x = four(activations + r * DEPTH + k);
                a[r] = _mm256_dpbusd_epi32(a[r], x, first);
                b[r] = _mm256_dpbusd_epi32(b[r], x, second);
            }
        }
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < count; r++) {
        int32_t *to = sums[(row + r) / ROWS * 2 + part][(row + r) % ROWS];
        _mm256_store_si256((__m256i *)to, a[r]), _mm256_store_si256((__m256i *)(to + 8), b[r]);
    }
}

#define WITH(n, ahead)                                                                                                 \
    case n + 16 * (ahead):                                                                                             \
        block(n, ahead, activations, weights, start, depths, row, part, sums);                                         \
        break;
#define CASE(n) WITH(n, 0) WITH(n, 1)

void tiles_multiply(const Act *activations, int32_t rows, const int8_t *weights, const int32_t *start, int32_t depths,
                    int32_t ahead, Sums sums) {
    for (int part = 0; part < 2; part++, weights += TILE, start += 16) {
        int32_t blocks = (rows + MOST - 1) / MOST;
        for (int32_t row = 0; row < rows; blocks--) {
            const int32_t count = (rows - row + blocks - 1) / blocks;
            switch (count + (ahead && row == 0 ? 16 : 0)) {
            CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7)
            CASE(8) CASE(9) CASE(10) CASE(11) CASE(12) CASE(13) CASE(14)
            }
            row += count;
        }
    }
}
#endif
