/* Products of int8 activations with int8 weights. */
#ifndef RUBRIC_PRODUCTS_H
#define RUBRIC_PRODUCTS_H

#include "encoder.h"
#include "lanes.h"
#include "tiles.h"

#include <stddef.h>

/* A linear layer: its weights by 32 outputs, 64 inners and 16 outputs, as a tile takes them; `start`: of each output
 * what its sums begin with. */
typedef struct {
    const int8_t *tiles;
    const int32_t *start;
    const float *scales, *bias;
    int32_t inners, outputs;
} Packed;

/* Rows of activations, by SIDE rows and 64 inners, a scale for each row, and what multiplies them. */
typedef struct {
    Act *tiles;
    float *scales;
    int32_t rows, inners;
    Multiply *multiply;
} Activations;

/* Whether the tiles can hold a layer of these sizes. */
int32_t fits(const Linear *linear);
/* Bytes that a layer takes as `pack` lays it out. */
size_t packed_bytes(const Linear *linear);
/* Lays a layer out at `into`, a multiple of 64; returns where the next one's place is. */
int8_t *pack(const Linear *linear, Packed *packed, int8_t *into);

/* One row, each with the scale that gives its greatest absolute value 127. */
void quantise(const float *values, int32_t row, Activations *into);
/* The same of a row whose greatest absolute values by lane are known. */
void quantise_half(const Half *values, const float *maxima, int32_t row, Activations *into);

/* outputs[row][o - first] for o from `first` up to `last`, multiples of 32; `stride`: floats from row to row. */
void product(const Packed *packed, const Activations *in, int32_t first, int32_t last, float *outputs, int32_t stride);
/* All outputs through GELU, and of each row the greatest absolute values by lane: 16 floats. */
void product_gelu(const Packed *packed, const Activations *in, Half *outputs, float *maxima);

#endif
