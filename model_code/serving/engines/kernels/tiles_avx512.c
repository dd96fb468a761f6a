/* By AVX-512, 32 outputs at a time: with VNNI by vpdpbusd, which adds four products of bytes to each of sixteen sums;
 * else by vpmaddwd of weights that are widened as they are read, which is exact. */
#if defined(KERNEL_AVX512_VNNI) || defined(KERNEL_AVX512BW)
#include "processor.h"
#include "tiles.h"

#include <immintrin.h>
#include <string.h>

enum { AHEAD = 16384 }; /* bytes, for a text alone: the memory answers later than a page of weights takes */
enum { FIRST = 1, SECOND = 2 }; /* of the next weights' outputs: which half a block of rows fetches */

#if defined(KERNEL_AVX512_VNNI)
enum { UNROLLED = 1, MOST = 14 }; /* rows at once: their 28 sums, two registers of weights and one of activations */

const char tiles_name[] = "avx512-vnni";

int32_t tiles_supported(void) { return processor_has(V4 | AVX512_VNNI); }

static inline __m512i weights_at(const int8_t *from) { return _mm512_loadu_si512(from); }
static inline __m512i add(__m512i sums, __m512i x, __m512i weights) { return _mm512_dpbusd_epi32(sums, x, weights); }
#else
enum { UNROLLED = 2, MOST = 13 }; /* a register more for the products */

const char tiles_name[] = "avx512bw";

int32_t tiles_supported(void) { return processor_has(V4); }

static inline __m512i weights_at(const int8_t *from) {
    return _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)from));
}
static inline __m512i add(__m512i sums, __m512i x, __m512i weights) {
    return _mm512_add_epi32(sums, _mm512_madd_epi16(x, weights));
}
#endif

void tiles_begin(void) {}
void tiles_end(void) {}

/* Four bytes of a row, sixteen times. */
static inline __m512i four(const Act *from) {
    int32_t bytes;
    memcpy(&bytes, from, sizeof bytes);
    return _mm512_set1_epi32(bytes);
}

/* `count` rows with all 32 outputs. */
static inline __attribute__((always_inline)) void block(int count, int fetched, size_t distance, const Act *activations,
                                                        const int8_t *weights, const int32_t *start, int32_t depths,
                                                        int32_t row, Sums sums) {
    __m512i a[MOST], b[MOST];
#pragma clang loop unroll(full)
    for (int r = 0; r < count; r++) a[r] = _mm512_loadu_si512(start), b[r] = _mm512_loadu_si512(start + 16);
    activations += row * DEPTH;
    for (int32_t depth = 0; depth < depths; depth++, activations += SIDE * DEPTH, weights += 2 * TILE) {
#pragma clang loop unroll_count(UNROLLED)
        for (int k = 0; k < DEPTH; k += GROUP) {
            const __m512i first = weights_at(weights + k * 16), second = weights_at(weights + TILE + k * 16);
            if (fetched & FIRST && k % 4 == 0) _mm_prefetch(weights + distance + k * 16, _MM_HINT_T1);
            if (fetched & SECOND && k % 4 == 0) _mm_prefetch(weights + distance + TILE + k * 16, _MM_HINT_T1);
#pragma clang loop unroll(full)
            for (int r = 0; r < count; r++) {
                const __m512i x = four(activations + r * DEPTH + k);
                a[r] = add(a[r], x, first), b[r] = add(b[r], x, second);
            }
        }
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < count; r++) {
        _mm512_store_si512(sums[(row + r) / ROWS * 2][(row + r) % ROWS], a[r]);
        _mm512_store_si512(sums[(row + r) / ROWS * 2 + 1][(row + r) % ROWS], b[r]);
    }
}

#define WITH(n, fetched)                                                                                               \
    case n + 16 * (fetched):                                                                                           \
        block(n, fetched, distance, activations, weights, start, depths, row, sums);                                   \
        break;
#define CASE(n) WITH(n, 0) WITH(n, FIRST) WITH(n, SECOND) WITH(n, FIRST | SECOND)

void tiles_multiply(const Act *activations, int32_t rows, const int8_t *weights, const int32_t *start, int32_t depths,
                    int32_t ahead, Sums sums) {
    int32_t blocks = (rows + MOST - 1) / MOST;
    const int32_t shared = blocks > 1; /* the first block and the last each fetch half of the next outputs' weights */
    const size_t distance = shared ? (size_t)depths * 2 * TILE : AHEAD;
    for (int32_t row = 0; row < rows; blocks--) {
        const int32_t count = (rows - row + blocks - 1) / blocks;
        const int32_t own = !shared ? FIRST | SECOND : row == 0 ? FIRST : blocks == 1 ? SECOND : 0;
        switch (count + 16 * (ahead ? own : 0)) {
            CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7)
            CASE(8) CASE(9) CASE(10) CASE(11) CASE(12) CASE(13)
#if defined(KERNEL_AVX512_VNNI)
            CASE(14)
#endif
        }
        row += count;
    }
}
#endif
