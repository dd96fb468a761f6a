/* Attention of one text. */
#ifndef RUBRIC_ATTENTION_H
#define RUBRIC_ATTENTION_H

#include <stddef.h>
#include <stdint.h>

/* Rows of floats, `stride` from one to the next. */
typedef struct {
    const float *values;
    int32_t rows, stride;
} Rows;

/* Bytes to work in for a text of so many word pieces and heads of this size. */
size_t attention_workspace(int32_t pieces, int32_t head_size);

/* Each query attends to all keys; a row of each holds all heads. `values` has as many rows as `keys`.
 * Writes a row of heads x head_size floats for each query; head_size is a multiple of 16. */
void attend(Rows queries, Rows keys, Rows values, int32_t heads, int32_t head_size, void *workspace, float *context);

#endif
