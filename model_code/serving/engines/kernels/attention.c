#include "attention.h"

#include "lanes.h"

#include <float.h>
#include <math.h>

enum { AT_ONCE = 8 }; /* queries: each key and value that is loaded serves eight */

static const WholeLanes FIRST = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

size_t attention_workspace(int32_t pieces, int32_t head_size) {
    return (size_t)whole(pieces, LANES) * (head_size + AT_ONCE) * sizeof(float);
}

/* e^x for x <= 0: a power of 2 times a polynomial of the rest, with an error of at most 3e-6. */
static inline Lanes power(Lanes x) {
    const Lanes exponent = greatest(x * 1.44269504f, all(-126.0f)), below = __builtin_elementwise_floor(exponent);
    const Lanes rest = exponent - below;
    Lanes result = all(1.8775767e-3f);
    result = result * rest + 8.9893397e-3f;
    result = result * rest + 5.5826318e-2f;
    result = result * rest + 2.4015361e-1f;
    result = result * rest + 6.9315308e-1f;
    result = result * rest + 9.9999994e-1f;
    /* The exponent is in the last nine bits of 1.5 * 2^23 + 127 + below: this avoids a conversion, which would be
     * undefined for NaN. */
    return result * (Lanes)((BitLanes)(below + 12583039.0f) << 23);
}

/* Of the first `count` scores; those after them, up to a whole number of lanes, become next to nothing. */
static void softmax(float *scores, int32_t count, float scale) {
    const int32_t padded = whole(count, LANES);
    Lanes maximum = all(-FLT_MAX), sum = {0};
    WholeLanes place = FIRST;
    for (int32_t i = 0; i < padded; i += LANES, place += LANES) {
        const Lanes score = chosen(place < count, load(scores + i), all(-FLT_MAX));
        maximum = greatest(maximum, score);
        store(scores + i, score);
    }
    maximum = all(greatest_of(maximum));
    for (int32_t i = 0; i < padded; i += LANES) {
        const Lanes share = power((load(scores + i) - maximum) * scale);
        sum += share;
        store(scores + i, share);
    }
    const float total = sum_of(sum);
    for (int32_t i = 0; i < padded; i += LANES) store(scores + i, load(scores + i) / total);
}

/* Sixteen rows of sixteen become columns, `padded` floats apart. Four times, each row and the one eight below it are
 * merged number by number. */
static void turn(const float *const rows[LANES], float *columns, int32_t padded) {
    Lanes from[LANES], to[LANES];
    for (int row = 0; row < LANES; row++) from[row] = load(rows[row]);
    for (int time = 0; time < 4; time++) {
        for (int row = 0; row < LANES / 2; row++) {
            const Lanes a = from[row], b = from[row + LANES / 2];
            to[2 * row] = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            to[2 * row + 1] =
                __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        }
        for (int row = 0; row < LANES; row++) from[row] = to[row];
    }
    for (int row = 0; row < LANES; row++) store(columns + (size_t)row * padded, from[row]);
}

/* All keys of a head as columns; after the last one, it again: its scores count for nothing. */
static void turn_all(Rows keys, int32_t size, float *columns, int32_t padded) {
    for (int32_t k = 0; k < padded; k += LANES)
        for (int32_t i = 0; i < size; i += LANES) {
            const float *rows[LANES];
            for (int32_t r = 0; r < LANES; r++)
                rows[r] = keys.values + (size_t)(k + r < keys.rows ? k + r : keys.rows - 1) * keys.stride + i;
            turn(rows, columns + (size_t)i * padded + k, padded);
        }
}

/* scores[q][k], `padded` floats a row, from keys that lie as turned[i][k]. */
static void score(const float *const query[AT_ONCE], const float *turned, int32_t padded, int32_t size, float *scores) {
    for (int32_t k = 0; k < padded; k += LANES) {
        Lanes sums[AT_ONCE] = {0};
        for (int32_t i = 0; i < size; i++) {
            const Lanes key = load(turned + (size_t)i * padded + k);
            for (int q = 0; q < AT_ONCE; q++) sums[q] += query[q][i] * key;
        }
        for (int q = 0; q < AT_ONCE; q++) store(scores + q * padded + k, sums[q]);
    }
}

/* The first `queries` of AT_ONCE rows: values weighted by scores. */
static void weigh(const float *scores, int32_t padded, Rows values, int32_t size, int32_t queries, float *to,
                  int32_t stride) {
    for (int32_t i = 0; i < size; i += LANES) {
        Lanes sums[AT_ONCE] = {0};
        for (int32_t k = 0; k < values.rows; k++) {
            const Lanes value = load(values.values + (size_t)k * values.stride + i);
            for (int q = 0; q < AT_ONCE; q++) sums[q] += scores[q * padded + k] * value;
        }
        for (int q = 0; q < queries; q++) store(to + (size_t)q * stride + i, sums[q]);
    }
}

void attend(Rows queries, Rows keys, Rows values, int32_t heads, int32_t size, void *work, float *context) {
    const int32_t padded = whole(keys.rows, LANES), stride = heads * size;
    float *turned = work, *scores = turned + (size_t)padded * size;
    const float scale = 1.0f / sqrtf((float)size);
    for (int32_t head = 0; head < heads; head++, keys.values += size, values.values += size) {
        turn_all(keys, size, turned, padded);
        for (int32_t first = 0; first < queries.rows; first += AT_ONCE) {
            const int32_t count = first + AT_ONCE < queries.rows ? AT_ONCE : queries.rows - first;
            const float *query[AT_ONCE]; /* where there are fewer, the last one again */
            for (int q = 0; q < AT_ONCE; q++)
                query[q] = queries.values + (size_t)(first + (q < count ? q : count - 1)) * queries.stride + head * size;
            score(query, turned, padded, size, scores);
            for (int q = 0; q < AT_ONCE; q++) softmax(scores + q * padded, keys.rows, scale);
            weigh(scores, padded, values, size, count, context + (size_t)first * stride + head * size, stride);
        }
    }
}
