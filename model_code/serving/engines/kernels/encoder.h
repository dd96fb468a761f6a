/* A transformer encoder in int8 with a classification head: BERT's and DistilBERT's kind, norms after each part.
 *
 * Weights are int8 with a scale for each output, activations int8 with a scale for each word piece, computed at run time;
 * norms, GELU and attention are float32. Texts of any lengths lie one behind the other and attend to themselves alone:
 * nothing is padded, and no answer depends on what a text is computed with.
 */
#ifndef RUBRIC_ENCODER_H
#define RUBRIC_ENCODER_H

#include <stdint.h>

/* All else is hidden: a program's own `pack` must not come in the place of ours. */
#define PUBLIC __attribute__((visibility("default")))

enum { RELU = 0, TANH = 1 };

/* weights[output][inner], and a scale and a bias for each output. */
typedef struct {
    const int8_t *weights;
    const float *scales, *bias;
    int32_t inners, outputs;
} Linear;

typedef struct {
    const float *gain, *shift;
} Norm;

typedef struct {
    Linear attention_in; /* outputs: queries, keys, values */
    Linear attention_out, up, down;
    Norm after_attention, after_feed_forward;
} Layer;

/* All but the weights of linear layers is read in place: the caller keeps it for as long as the encoder lives. */
typedef struct {
    int32_t width, heads, layers, labels, activation; /* RELU or TANH, after `head` */
    float epsilon;
    const int8_t *words; /* vocabulary x width */
    const float *word_scales, *positions; /* vocabulary; positions x width, the token type's vector added */
    Norm embedding;
    const Layer *layer;
    Linear head;
    const float *classes, *class_bias; /* labels x width; labels */
} Model;

typedef struct Encoder Encoder;

/* Bytes of a Model, by which a caller knows that it speaks of the same one. */
PUBLIC int32_t encoder_model_size(void);

/* The name of this build's products: "amx", "avx512-vnni". */
PUBLIC const char *encoder_kernel(void);

/* 1 where this build runs on this processor, and as fast as it can; the process may then use the matrix unit. */
PUBLIC int32_t encoder_supported(void);

/* NULL when memory runs out, or for sizes that the products do not support. */
PUBLIC Encoder *encoder_new(const Model *model);
PUBLIC void encoder_free(Encoder *encoder);

/* Bytes that encoder_run needs to work in for so many word pieces of however many texts. */
PUBLIC int64_t encoder_workspace(const Encoder *encoder, int32_t pieces);

/* `ids`: the texts' word pieces one behind the other; text t has those from starts[t] up to starts[t + 1], at least one.
 * Writes texts x labels logits. Several threads may run it at a time, each in a workspace of its own, aligned to 64. */
PUBLIC void encoder_run(const Encoder *encoder, const int32_t *ids, const int32_t *starts, int32_t texts,
                        void *workspace, float *logits);

/* The same by sums without the processor's products, for checks: slow, and the same logits to the last bit. */
PUBLIC void encoder_run_plain(const Encoder *encoder, const int32_t *ids, const int32_t *starts, int32_t texts,
                              void *workspace, float *logits);

#endif
