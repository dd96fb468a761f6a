/* Runs random encoders on random texts: the kernel's answers must be those of plain sums to the last bit, and a page that
 * nobody may touch follows the memory that each run works in. Prints the kernel's name, and how it went. */
#include "encoder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { VOCABULARY = 50, POSITIONS = 70, LABELS = 3, LAYERS = 2, PAGE = 4096 };

static uint32_t state = 1;

static uint32_t next(uint32_t below) {
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % below;
}

static int8_t *bytes(size_t count) {
    int8_t *found = malloc(count);
    for (size_t i = 0; i < count; i++) found[i] = (int8_t)((int32_t)next(256) - 128);
    return found;
}

static float *floats(size_t count, float bound) {
    float *found = malloc(count * sizeof *found);
    for (size_t i = 0; i < count; i++) found[i] = bound * ((float)next(2001) / 1000 - 1);
    return found;
}

static Linear linear(int32_t inners, int32_t outputs) {
    return (Linear){bytes((size_t)inners * outputs), floats(outputs, 0.001f), floats(outputs, 0.1f), inners, outputs};
}

static Norm norm(int32_t width) { return (Norm){floats(width, 1), floats(width, 1)}; }

static int run(const Encoder *encoder, int32_t texts, int32_t longest) {
    int32_t *starts = calloc(texts + 1, sizeof *starts);
    for (int32_t text = 0; text < texts; text++) starts[text + 1] = starts[text] + 1 + next(longest);
    int32_t *ids = malloc(starts[texts] * sizeof *ids);
    for (int32_t piece = 0; piece < starts[texts]; piece++) ids[piece] = next(VOCABULARY);
    const size_t needed = (encoder_workspace(encoder, starts[texts]) + 63) / 64 * 64;
    const size_t pages = (needed + PAGE - 1) / PAGE;
    char *memory = mmap(NULL, (pages + 1) * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(memory + pages * PAGE, PAGE, PROT_NONE);
    float *logits = malloc(texts * LABELS * sizeof *logits), *plain = malloc(texts * LABELS * sizeof *plain);
    encoder_run(encoder, ids, starts, texts, memory + pages * PAGE - needed, logits);
    encoder_run_plain(encoder, ids, starts, texts, memory + pages * PAGE - needed, plain);
    int sound = memcmp(logits, plain, texts * LABELS * sizeof *plain) == 0;
    for (int32_t i = 0; i < texts * LABELS; i++) sound &= logits[i] > -1e6f && logits[i] < 1e6f;
    munmap(memory, (pages + 1) * PAGE);
    free(logits), free(plain), free(ids), free(starts);
    return sound;
}

int main(void) {
    const int32_t sizes[][3] = {{64, 1, 64}, {128, 4, 256}, {192, 12, 192}}; /* width, heads, feed-forward */
    printf("%s: ", encoder_kernel());
    if (!encoder_supported()) return puts("not on this processor"), 0;
    for (int size = 0; size < 3; size++) {
        const int32_t width = sizes[size][0], wide = sizes[size][2];
        Layer layers[LAYERS];
        for (int i = 0; i < LAYERS; i++)
            layers[i] = (Layer){linear(width, 3 * width), linear(width, width), linear(width, wide),
                                linear(wide, width),      norm(width),          norm(width)};
        const Model model = {
            .width = width,
            .heads = sizes[size][1],
            .layers = LAYERS,
            .labels = LABELS,
            .activation = size % 2,
            .epsilon = 1e-12f,
            .words = bytes((size_t)VOCABULARY * width),
            .word_scales = floats(VOCABULARY, 0.01f),
            .positions = floats((size_t)POSITIONS * width, 1),
            .embedding = norm(width),
            .layer = layers,
            .head = linear(width, width),
            .classes = floats((size_t)LABELS * width, 1),
            .class_bias = floats(LABELS, 1),
        };
        Encoder *encoder = encoder_new(&model);
        if (!encoder) return puts("refused"), 1;
        for (int time = 0; time < 20; time++)
            if (!run(encoder, 1 + next(9), time ? POSITIONS : 1)) return puts("other answers, or none"), 1;
        encoder_free(encoder);
    }
    return puts("sound"), 0;
}
