#include "encoder.h"

#include "attention.h"
#include "products.h"
#include "tiles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGNED = 64, LINEARS = 4 };

typedef struct {
    Packed attention_in, attention_out, up, down;
    Norm after_attention, after_feed_forward;
} PackedLayer;

struct Encoder {
    Model model;
    int32_t feed_forward;
    PackedLayer *layers;
    Packed head;
    int8_t *tiles; /* of all linear layers in the order in which they are read */
    size_t bytes;
};

/* What a run works in. `mixed` holds queries, keys and values of each word piece; after them, a linear layer's outputs. */
typedef struct {
    Act *tiles, *wide_tiles;
    float *scales, *states, *mixed, *queries, *context, *maxima;
    Half *wide;
    void *attention;
    Multiply *multiply;
} Workspace;

int32_t encoder_model_size(void) { return sizeof(Model); }

const char *encoder_kernel(void) { return tiles_name; }

int32_t encoder_supported(void) { return tiles_supported(); }

static int32_t layer_fits(const Layer *layer, int32_t width) {
    return fits(&layer->attention_in) && fits(&layer->attention_out) && fits(&layer->up) && fits(&layer->down) &&
           layer->attention_in.outputs == 3 * width && layer->up.outputs == layer->down.inners;
}

Encoder *encoder_new(const Model *model) {
    const int32_t width = model->width;
    if (model->layers < 1 || width % model->heads || width / model->heads % LANES || !fits(&model->head)) return NULL;
    size_t bytes = packed_bytes(&model->head);
    for (const Layer *layer = model->layer; layer < model->layer + model->layers; layer++) {
        if (!layer_fits(layer, width) || layer->up.outputs != model->layer->up.outputs) return NULL;
        bytes += packed_bytes(&layer->attention_in) + packed_bytes(&layer->attention_out) +
                 packed_bytes(&layer->up) + packed_bytes(&layer->down);
    }
    Encoder *encoder = calloc(1, sizeof *encoder);
    if (!encoder) return NULL;
    *encoder = (Encoder){.model = *model, .feed_forward = model->layer->up.outputs, .bytes = bytes};
    encoder->layers = calloc(model->layers, sizeof *encoder->layers);
    encoder->tiles = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (encoder->tiles == MAP_FAILED) encoder->tiles = NULL;
    if (!encoder->layers || !encoder->tiles) return encoder_free(encoder), NULL;
    madvise(encoder->tiles, bytes, MADV_HUGEPAGE); /* they are read whole in each run */
    int8_t *into = encoder->tiles;
    for (int32_t i = 0; i < model->layers; i++) {
        const Layer *from = &model->layer[i];
        PackedLayer *to = &encoder->layers[i];
        into = pack(&from->attention_in, &to->attention_in, into);
        into = pack(&from->attention_out, &to->attention_out, into);
        into = pack(&from->up, &to->up, into);
        into = pack(&from->down, &to->down, into);
        to->after_attention = from->after_attention;
        to->after_feed_forward = from->after_feed_forward;
    }
    pack(&model->head, &encoder->head, into);
    encoder->model.layer = NULL; /* read no more, and the caller's */
    return encoder;
}

void encoder_free(Encoder *encoder) {
    if (!encoder) return;
    if (encoder->tiles) munmap(encoder->tiles, encoder->bytes);
    free(encoder->layers);
    free(encoder);
}

/* The part of a workspace that begins at *used. */
static void *part(char *begin, size_t *used, size_t bytes) {
    void *start = begin + *used;
    *used += (bytes + ALIGNED - 1) / ALIGNED * ALIGNED;
    return start;
}

static size_t lay_out(const Encoder *encoder, int32_t pieces, char *begin, Workspace *workspace) {
    const size_t rows = whole(pieces, 2 * ROWS), width = encoder->model.width, wide = encoder->feed_forward;
    size_t used = 0;
    *workspace = (Workspace){
        .tiles = part(begin, &used, rows * width * sizeof(Act)),
        .wide_tiles = part(begin, &used, rows * wide * sizeof(Act)),
        .scales = part(begin, &used, rows * sizeof(float)),
        .states = part(begin, &used, rows * width * sizeof(float)),
        .mixed = part(begin, &used, rows * 3 * width * sizeof(float)),
        .queries = part(begin, &used, rows * width * sizeof(float)),
        .context = part(begin, &used, rows * width * sizeof(float)),
        .maxima = part(begin, &used, rows * LANES * sizeof(float)),
        .wide = part(begin, &used, rows * wide * sizeof(Half)),
        .attention = part(begin, &used, attention_workspace(pieces, encoder->model.width / encoder->model.heads)),
    };
    return used;
}

int64_t encoder_workspace(const Encoder *encoder, int32_t pieces) {
    char nowhere;
    Workspace workspace;
    return (int64_t)lay_out(encoder, pieces, &nowhere, &workspace);
}

static void normalise(float *restrict values, int32_t width, const Norm *norm, float epsilon) {
    float sum = 0, squares = 0;
    for (int32_t i = 0; i < width; i++) sum += values[i];
    const float mean = sum / width;
    for (int32_t i = 0; i < width; i++) squares += (values[i] - mean) * (values[i] - mean);
    const float scale = 1.0f / sqrtf(squares / width + epsilon);
    for (int32_t i = 0; i < width; i++) values[i] = (values[i] - mean) * scale * norm->gain[i] + norm->shift[i];
}

static void add_and_normalise(const Model *model, int32_t rows, const float *added, const Norm *norm, float *states) {
    const int32_t width = model->width;
    for (int32_t row = 0; row < rows; row++, states += width, added += width) {
        for (int32_t i = 0; i < width; i++) states[i] += added[i];
        normalise(states, width, norm, model->epsilon);
    }
}

static void embed(const Model *model, const int32_t *ids, const int32_t *starts, int32_t texts, float *states) {
    const int32_t width = model->width;
    for (int32_t text = 0; text < texts; text++)
        for (int32_t piece = starts[text]; piece < starts[text + 1]; piece++, states += width) {
            const int8_t *word = model->words + (size_t)ids[piece] * width;
            const float scale = model->word_scales[ids[piece]];
            const float *place = model->positions + (size_t)(piece - starts[text]) * width;
            for (int32_t i = 0; i < width; i++) states[i] = word[i] * scale + place[i];
            normalise(states, width, &model->embedding, model->epsilon);
        }
}

static Activations quantised(const float *values, int32_t rows, int32_t inners, const Workspace *workspace) {
    Activations activations = {workspace->tiles, workspace->scales, rows, inners, workspace->multiply};
    for (int32_t row = 0; row < rows; row++) quantise(values + (size_t)row * inners, row, &activations);
    return activations;
}

/* Of every word piece. */
static void attend_everywhere(const Encoder *encoder, const PackedLayer *layer, const int32_t *starts, int32_t texts,
                              const Workspace *workspace) {
    const int32_t width = encoder->model.width, heads = encoder->model.heads, mixed = 3 * width;
    const Activations in = quantised(workspace->states, starts[texts], width, workspace);
    product(&layer->attention_in, &in, 0, mixed, workspace->mixed, mixed);
    for (int32_t text = 0; text < texts; text++) {
        const float *own = workspace->mixed + (size_t)starts[text] * mixed;
        const int32_t pieces = starts[text + 1] - starts[text];
        attend((Rows){own, pieces, mixed}, (Rows){own + width, pieces, mixed}, (Rows){own + 2 * width, pieces, mixed},
               heads, width / heads, workspace->attention, workspace->context + (size_t)starts[text] * width);
    }
}

/* Of each text's first word piece alone, in the last layer, whose others no answer depends on. Leaves `states` with
 * these rows only. */
static void attend_from_first(const Encoder *encoder, const PackedLayer *layer, const int32_t *starts, int32_t texts,
                              const Workspace *workspace) {
    const int32_t width = encoder->model.width, heads = encoder->model.heads, mixed = 3 * width;
    Activations in = quantised(workspace->states, starts[texts], width, workspace);
    product(&layer->attention_in, &in, width, mixed, workspace->mixed, mixed);
    for (int32_t text = 0; text < texts; text++)
        memmove(workspace->states + (size_t)text * width, workspace->states + (size_t)starts[text] * width,
                width * sizeof(float));
    in = quantised(workspace->states, texts, width, workspace);
    product(&layer->attention_in, &in, 0, width, workspace->queries, width);
    for (int32_t text = 0; text < texts; text++) {
        const float *own = workspace->mixed + (size_t)starts[text] * mixed;
        const int32_t pieces = starts[text + 1] - starts[text];
        attend((Rows){workspace->queries + (size_t)text * width, 1, width}, (Rows){own, pieces, mixed},
               (Rows){own + width, pieces, mixed}, heads, width / heads, workspace->attention,
               workspace->context + (size_t)text * width);
    }
}

static void feed_forward(const Encoder *encoder, const PackedLayer *layer, int32_t rows, const Workspace *workspace) {
    const int32_t width = encoder->model.width, wide = encoder->feed_forward;
    const Activations in = quantised(workspace->states, rows, width, workspace);
    product_gelu(&layer->up, &in, workspace->wide, workspace->maxima);
    Activations inner = {workspace->wide_tiles, workspace->scales, rows, wide, workspace->multiply};
    for (int32_t row = 0; row < rows; row++)
        quantise_half(workspace->wide + (size_t)row * wide, workspace->maxima + (size_t)row * LANES, row, &inner);
    product(&layer->down, &inner, 0, width, workspace->mixed, width);
}

static void classify(const Encoder *encoder, int32_t texts, const Workspace *workspace, float *logits) {
    const Model *model = &encoder->model;
    const int32_t width = model->width;
    const Activations in = quantised(workspace->states, texts, width, workspace);
    product(&encoder->head, &in, 0, width, workspace->mixed, width);
    for (int32_t text = 0; text < texts; text++, logits += model->labels) {
        float *hidden = workspace->mixed + (size_t)text * width;
        if (!is_finite(in.scales[text])) { /* ReLU would turn a NaN into a number */
            for (int32_t label = 0; label < model->labels; label++) logits[label] = in.scales[text];
            continue;
        }
        for (int32_t i = 0; i < width; i++)
            hidden[i] = model->activation == RELU ? fmaxf(hidden[i], 0.0f) : tanhf(hidden[i]);
        for (int32_t label = 0; label < model->labels; label++) {
            float sum = model->class_bias[label];
            for (int32_t i = 0; i < width; i++) sum += hidden[i] * model->classes[(size_t)label * width + i];
            logits[label] = sum;
        }
    }
}

static void run(const Encoder *encoder, const int32_t *ids, const int32_t *starts, int32_t texts, void *work,
                float *logits, Multiply *multiply) {
    const Model *model = &encoder->model;
    Workspace workspace;
    lay_out(encoder, starts[texts], work, &workspace);
    workspace.multiply = multiply;
    tiles_begin();
    embed(model, ids, starts, texts, workspace.states);
    for (int32_t i = 0; i < model->layers; i++) {
        const PackedLayer *layer = &encoder->layers[i];
        const int32_t last = i == model->layers - 1, rows = last ? texts : starts[texts];
        (last ? attend_from_first : attend_everywhere)(encoder, layer, starts, texts, &workspace);
        const Activations in = quantised(workspace.context, rows, model->width, &workspace);
        product(&layer->attention_out, &in, 0, model->width, workspace.mixed, model->width);
        add_and_normalise(model, rows, workspace.mixed, &layer->after_attention, workspace.states);
        feed_forward(encoder, layer, rows, &workspace);
        add_and_normalise(model, rows, workspace.mixed, &layer->after_feed_forward, workspace.states);
    }
    classify(encoder, texts, &workspace, logits);
    tiles_end();
}

void encoder_run(const Encoder *encoder, const int32_t *ids, const int32_t *starts, int32_t texts, void *workspace,
                 float *logits) {
    run(encoder, ids, starts, texts, workspace, logits, tiles_multiply);
}

void encoder_run_plain(const Encoder *encoder, const int32_t *ids, const int32_t *starts, int32_t texts,
                       void *workspace, float *logits) {
    run(encoder, ids, starts, texts, workspace, logits, tiles_multiply_plain);
}
