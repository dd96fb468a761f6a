/* By AVX2: vpmaddwd of weights that are widened as they are read; exact, where vpmaddubsw would cut sums at 16 bits. */
#if defined(KERNEL_AVX2)
#include "processor.h"
#include "tiles.h"

#include <immintrin.h>
#include <string.h>

enum { MOST = 6, AHEAD = 8192 }; /* rows at once: their 12 sums, two registers of weights and two others; bytes */

const char tiles_name[] = "avx2";

int32_t tiles_supported(void) { return processor_has(V3); }
void tiles_begin(void) {}
void tiles_end(void) {}

/* Two inners of a row, eight times. */
static inline __m256i two(const Act *from) {
    int32_t bytes;
    memcpy(&bytes, from, sizeof bytes);
    return _mm256_set1_epi32(bytes);
}

static inline __m256i widened(const int8_t *from) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)from));
}

/* `count` rows with 16 outputs. */
static inline __attribute__((always_inline)) void block(int count, int ahead, const Act *activations,
                                                        const int8_t *weights, int32_t depths, int32_t row, int part,
                                                        Sums sums) {
    __m256i a[MOST], b[MOST];
#pragma clang loop unroll(full)
    for (int r = 0; r < count; r++) a[r] = b[r] = _mm256_setzero_si256();
    activations += row * DEPTH;
    for (int32_t depth = 0; depth < depths; depth++, activations += SIDE * DEPTH, weights += 2 * TILE) {
#pragma clang loop unroll_count(2)
        for (int k = 0; k < DEPTH; k += GROUP) {
            const __m256i first = widened(weights + k * 16), second = widened(weights + k * 16 + 16);
            if (ahead && k % 4 == 0) _mm_prefetch(weights + AHEAD + k * 16, _MM_HINT_T0);
#pragma clang loop unroll(full)
            for (int r = 0; r < count; r++) {
                const __m256i x = two(activations + r * DEPTH + k);
                a[r] = _mm256_add_epi32(a[r], _mm256_madd_epi16(x, first));
                b[r] = _mm256_add_epi32(b[r], _mm256_madd_epi16(x, second));
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
        block(n, ahead, activations, weights, depths, row, part, sums);                                                \
        break;
#define CASE(n) WITH(n, 0) WITH(n, 1)

void tiles_multiply(const Act *activations, int32_t rows, const int8_t *weights, const int32_t *start, int32_t depths,
                    int32_t ahead, Sums sums) {
    (void)start; /* zeros */
    for (int part = 0; part < 2; part++, weights += TILE) {
        int32_t blocks = (rows + MOST - 1) / MOST;
        for (int32_t row = 0; row < rows; blocks--) {
            const int32_t count = (rows - row + blocks - 1) / blocks;
            switch (count + (ahead && row == 0 ? 16 : 0)) { CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) }
            row += count;
        }
    }
}
#endif
