#include "attention.h"

#include "lanes.h"

#include <math.h>

enum { AT_ONCE = 4 }; /* queries: each key and value that is loaded serves four */

size_t attention_room(int32_t pieces, int32_t head_size) {
    return (size_t)whole(pieces, LANES) * (head_size + AT_ONCE) * sizeof(float);
}

/* e to the power of x, at most 0: a power of 2 times a polynomial of what is left. 3e-6 off at most. */
static inline float power(float x) {
    const float exponent = fmaxf(x * 1.44269504f, -126.0f), below = floorf(exponent), rest = exponent - below;
    float found = 1.8775767e-3f;
    found = found * rest + 8.9893397e-3f;
    found = found * rest + 5.5826318e-2f;
    found = found * rest + 2.4015361e-1f;
    found = found * rest + 6.9315308e-1f;
    found = found * rest + 9.9999994e-1f;
    const union {
        int32_t bits;
        float value;
    } two = {.bits = ((int32_t)below + 127) << 23};
    return found * two.value;
}

static void softmax(float *restrict scores, int32_t count, float scale) {
    float most = scores[0], sum = 0;
    for (int32_t i = 1; i < count; i++) most = fmaxf(most, scores[i]);
    for (int32_t i = 0; i < count; i++) {
        scores[i] = power((scores[i] - most) * scale);
        sum += scores[i];
    }
    for (int32_t i = 0; i < count; i++) scores[i] /= sum;
}

/* scores[q][k], `room` floats a row, from keys that lie as turned[i][k]. */
static void score(const float *const query[AT_ONCE], const float *turned, int32_t room, int32_t size, float *scores) {
    for (int32_t k = 0; k < room; k += LANES) {
        Lanes found[AT_ONCE] = {0};
        for (int32_t i = 0; i < size; i++) {
            const Lanes key = load(turned + (size_t)i * room + k);
            for (int q = 0; q < AT_ONCE; q++) found[q] += query[q][i] * key;
        }
        for (int q = 0; q < AT_ONCE; q++) store(scores + q * room + k, found[q]);
    }
}

/* The first `queries` of AT_ONCE rows: values weighted by scores. */
static void weigh(const float *scores, int32_t room, Rows values, int32_t size, int32_t queries, float *to,
                  int32_t stride) {
    for (int32_t i = 0; i < size; i += LANES) {
        Lanes found[AT_ONCE] = {0};
        for (int32_t k = 0; k < values.rows; k++) {
            const Lanes value = load(values.values + (size_t)k * values.stride + i);
            for (int q = 0; q < AT_ONCE; q++) found[q] += scores[q * room + k] * value;
        }
        for (int q = 0; q < queries; q++) store(to + (size_t)q * stride + i, found[q]);
    }
}

void attend(Rows queries, Rows keys, Rows values, int32_t heads, int32_t size, void *work, float *context) {
    const int32_t room = whole(keys.rows, LANES), stride = heads * size;
    float *turned = work, *scores = turned + (size_t)room * size;
    const float scale = 1.0f / sqrtf((float)size);
    for (int32_t k = keys.rows; k < room; k++) /* what is no key gets scores too, which nothing reads */
        for (int32_t i = 0; i < size; i++) turned[(size_t)i * room + k] = 0;
    for (int32_t head = 0; head < heads; head++, keys.values += size, values.values += size) {
        for (int32_t k = 0; k < keys.rows; k++)
            for (int32_t i = 0; i < size; i++) turned[(size_t)i * room + k] = keys.values[(size_t)k * keys.stride + i];
        for (int32_t first = 0; first < queries.rows; first += AT_ONCE) {
            const int32_t count = first + AT_ONCE < queries.rows ? AT_ONCE : queries.rows - first;
            const float *query[AT_ONCE]; /* where there are fewer, the last one again */
            for (int q = 0; q < AT_ONCE; q++)
                query[q] = queries.values + (size_t)(first + (q < count ? q : count - 1)) * queries.stride + head * size;
            score(query, turned, room, size, scores);
            for (int q = 0; q < AT_ONCE; q++) softmax(scores + q * room, keys.rows, scale);
            weigh(scores, room, values, size, count, context + (size_t)first * stride + head * size, stride);
        }
    }
}
