#include "products.h"

#include <math.h>
#include <string.h>

static const float TINY = 1e-20f; /* a row of zeros has a scale too */

enum { MOST_INNERS = 1 << 16 }; /* with more, 255 times 128 for each would pass a sum's 31 bits */

int32_t fits(const Linear *linear) {
    return linear->inners > 0 && linear->outputs > 0 && linear->inners % DEPTH == 0 && linear->outputs % OUTPUTS == 0 &&
           linear->inners <= MOST_INNERS;
}

size_t packed_bytes(const Linear *linear) { return (linear->inners + sizeof(int32_t)) * linear->outputs; }

int8_t *pack(const Linear *linear, Packed *packed, int8_t *into) {
    const int32_t inners = linear->inners, outputs = linear->outputs;
    int32_t *start = (int32_t *)(into + (size_t)inners * outputs);
    *packed = (Packed){into, start, linear->scales, linear->bias, inners, outputs};
    for (int32_t output = 0; output < outputs; output++) {
        const int8_t *from = linear->weights + (size_t)output * inners;
        int8_t *block = into + (size_t)(output / OUTPUTS) * OUTPUTS * inners + output % OUTPUTS / 16 * TILE;
        int32_t sum = 0;
        for (int32_t inner = 0; inner < inners; inner += GROUP)
            memcpy(block + inner / DEPTH * 2 * TILE + inner % DEPTH * 16 + output % 16 * GROUP, from + inner, GROUP);
        for (int32_t inner = 0; inner < inners; inner++) sum += from[inner];
        start[output] = -FLIP * sum;
    }
    return into + packed_bytes(linear);
}

static Act *row_of(const Activations *in, int32_t row) {
    return in->tiles + (size_t)(row / SIDE) * SIDE * in->inners + row % SIDE * DEPTH;
}

/* A whole number from -128 to 127 as the tiles take it. */
static inline Act act_of(float whole_number) { return (Act)(byte_of(whole_number) + FLIP); }

void quantise(const float *restrict values, int32_t row, Activations *into) {
    int32_t maximum_bits = bits_of(TINY);
    for (int32_t i = 0; i < into->inners; i++) {
        const int32_t bits = absolute_bits(values[i]);
        maximum_bits = bits > maximum_bits ? bits : maximum_bits;
    }
    const float maximum = of_bits(maximum_bits), up = 127.0f / maximum;
    Act *restrict to = row_of(into, row);
    for (int32_t inner = 0; inner < into->inners; inner += DEPTH, to += SIDE * DEPTH, values += DEPTH)
        for (int32_t i = 0; i < DEPTH; i++) to[i] = act_of(rintf(values[i] * up));
    into->scales[row] = maximum / 127.0f;
}

void quantise_half(const Half *restrict values, const float *maxima, int32_t row, Activations *into) {
    const float maximum = greatest_absolute_of(greatest_absolute(all(TINY), load(maxima)));
    const float up = 127.0f / maximum;
    Act *restrict to = row_of(into, row);
    for (int32_t inner = 0; inner < into->inners; inner += DEPTH, to += SIDE * DEPTH, values += DEPTH)
        for (int32_t i = 0; i < DEPTH; i++) {
            const float value = rintf((float)values[i] * up); /* a half may be rounded up beyond the greatest float */
            to[i] = act_of(fminf(fmaxf(value, -127.0f), 127.0f));
        }
    into->scales[row] = maximum / 127.0f;
}

/* x times the share of a normal distribution below x, by a polynomial of the square: 2e-4 off at most below 6. */
static inline Lanes gelu(Lanes x) {
    const Lanes near = least(greatest(x, all(-4.0f)), all(4.0f)), square = near * near;
    Lanes share = all(7.8788323e-11f);
    share = share * square - 6.8802533e-09f;
    share = share * square + 2.6824617e-07f;
    share = share * square - 6.2464746e-06f;
    share = share * square + 9.8514815e-05f;
    share = share * square - 0.0011321514f;
    share = share * square + 0.0098734209f;
    share = share * square - 0.0664068460f;
    share = share * square + 0.3989221156f;
    return x * (0.5f + near * share);
}

/* Where a product's results go, 16 outputs of a row at a time. */
typedef struct {
    float *outputs;
    Half *halves;
    float *maxima;
    int32_t first, stride;
} Target;

typedef void Finish(const Target *target, int32_t row, int32_t output, Lanes values);

static inline void keep(const Target *target, int32_t row, int32_t output, Lanes values) {
    store(target->outputs + (size_t)row * target->stride + output - target->first, values);
}

static inline void keep_gelu(const Target *target, int32_t row, int32_t output, Lanes values) {
    const Lanes activated = gelu(values);
    float *maxima = target->maxima + row * LANES;
    *(HalfLanes *)(target->halves + (size_t)row * target->stride + output) = __builtin_convertvector(activated, HalfLanes);
    store(maxima, greatest_absolute(load(maxima), activated));
}

/* Weights in the outer loop: a text alone reads each once, and for many they stay in the nearest cache. */
static inline __attribute__((always_inline)) void blocks(const Packed *packed, const Activations *in, int32_t first,
                                                         int32_t last, const Target *target, Finish *finish) {
    for (int32_t output = first; output < last; output += OUTPUTS) {
        const int8_t *weights = packed->tiles + (size_t)output * packed->inners;
        for (int32_t row = 0; row < in->rows; row += 2 * ROWS) {
            Sums sums;
            const int32_t rows = row + 2 * ROWS < in->rows ? 2 * ROWS : in->rows - row;
            in->multiply(in->tiles + (size_t)row * in->inners, rows, weights, packed->start + output,
                         in->inners / DEPTH, row == 0, sums);
            for (int32_t r = 0; r < rows; r++)
                for (int part = 0; part < 2; part++) {
                    const int32_t o = output + part * 16;
                    const WholeLanes sum = *(const WholeLanes *)sums[r / ROWS * 2 + part][r % ROWS];
                    finish(target, row + r, o,
                           __builtin_convertvector(sum, Lanes) * in->scales[row + r] * load(packed->scales + o) +
                               load(packed->bias + o));
                }
        }
    }
}

void product(const Packed *packed, const Activations *in, int32_t first, int32_t last, float *outputs, int32_t stride) {
    const Target target = {.outputs = outputs, .first = first, .stride = stride};
    blocks(packed, in, first, last, &target, keep);
}

void product_gelu(const Packed *packed, const Activations *in, Half *outputs, float *maxima) {
    const Target target = {.halves = outputs, .maxima = maxima, .stride = packed->outputs};
    memset(maxima, 0, (size_t)in->rows * LANES * sizeof *maxima);
    blocks(packed, in, 0, packed->outputs, &target, keep_gelu);
}
