/* By AMX: a tile's product with a tile takes 16 cycles. */
#if defined(KERNEL_AMX)
#include "tiles.h"

#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18, CACHE_LINE = 64 };
enum { AHEAD = 8192 }; /* bytes: two pages of weights */
enum { FEATURES = 7, AVX512_FP16 = 1 << 23, AMX_TILE = 1 << 24, AMX_INT8 = 1 << 25 };

/* As the processor reads it. */
typedef struct {
    uint8_t palette, first_row, reserved[14];
    uint16_t bytes_a_row[16];
    uint8_t rows[16];
} Config;

const char tiles_name[] = "amx";

int32_t tiles_supported(void) {
    const uint32_t needed = AVX512_FP16 | AMX_TILE | AMX_INT8;
    uint32_t a, b, c, d;
    return __get_cpuid_count(FEATURES, 0, &a, &b, &c, &d) && (d & needed) == needed &&
           syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}

void tiles_begin(void) {
    Config config = {.palette = 1};
    for (int tile = 0; tile < 8; tile++) config.bytes_a_row[tile] = DEPTH, config.rows[tile] = ROWS;
    _tile_loadconfig(&config);
}

void tiles_end(void) { _tile_release(); }

/* The hardware prefetcher stops at the end of a 4 KB page; two reads make it start with a later page. */
static inline void fetch(const int8_t *from) {
    _mm_prefetch(from, _MM_HINT_T1);
    _mm_prefetch(from + CACHE_LINE, _MM_HINT_T1);
}

void tiles_multiply(const Act *activations, int32_t rows, const int8_t *weights, const int32_t *start, int32_t depths,
                    int32_t ahead, Sums sums) {
    (void)start;                                                        /* zeros */
    const size_t next = rows > ROWS ? (size_t)depths * SIDE * DEPTH : 0; /* to the second 16 rows */
    _tile_zero(0), _tile_zero(1), _tile_zero(2), _tile_zero(3);
    for (int32_t depth = 0; depth < depths; depth++, activations += TILE, weights += 2 * TILE) {
        _tile_loadd(4, activations, DEPTH);
        _tile_loadd(6, weights, DEPTH);
        _tile_loadd(7, weights + TILE, DEPTH);
        if (ahead && depth % 2 == 0) fetch(weights + AHEAD);
        _tile_dpbssd(0, 4, 6);
        _tile_dpbssd(1, 4, 7);
        if (next) {
            _tile_loadd(5, activations + next, DEPTH);
            _tile_dpbssd(2, 5, 6);
            _tile_dpbssd(3, 5, 7);
        }
    }
    _tile_stored(0, sums[0], DEPTH);
    _tile_stored(1, sums[1], DEPTH);
    if (next) {
        _tile_stored(2, sums[2], DEPTH);
        _tile_stored(3, sums[3], DEPTH);
    }
}
#endif
