/* A program without a C library, so that it is compiled in seconds for any processor and runs under an emulator: random
 * products by the kernel, each compared with a sum of whole numbers. Prints the kernel's name, and how it went. */
#include "products.h"

#include "tiles.h"

enum { INNERS = 768, ALL_OUTPUTS = 64, ALL_ROWS = 70 };

static _Alignas(64) int8_t packed_bytes_[(INNERS + 4) * ALL_OUTPUTS], weights[ALL_OUTPUTS * INNERS];
static _Alignas(64) Act tiles[96 * INNERS];
static float scales[ALL_OUTPUTS], bias[ALL_OUTPUTS], row_scales[96], values[INNERS], outputs[ALL_ROWS * ALL_OUTPUTS];
static int32_t rows[ALL_ROWS][INNERS];
static uint32_t state = 1;

static uint32_t next(uint32_t below) {
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % below;
}

/* What the compiler calls in place of loops. */
void *memcpy(void *to, const void *from, size_t count) {
    for (size_t i = 0; i < count; i++) ((volatile char *)to)[i] = ((const char *)from)[i];
    return to;
}
void *memset(void *to, int value, size_t count) {
    for (size_t i = 0; i < count; i++) ((volatile char *)to)[i] = (char)value;
    return to;
}
unsigned long getauxval(unsigned long kind);

static long call(long number, long a, long b, long c) {
#if defined(__aarch64__)
    register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
#else
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
#endif
}
#if defined(__aarch64__)
enum { WRITE = 64, EXIT = 93 };
#else
enum { WRITE = 1, EXIT = 60 };
#endif

static void say(const char *text) {
    size_t length = 0;
    while (text[length]) length++;
    call(WRITE, 1, (long)text, (long)length);
}

/* 1 where each output of `count` rows is exact; `extreme`: all numbers the greatest and the least. */
static int32_t exact(int32_t inners, int32_t count, int32_t extreme) {
    const Linear linear = {weights, scales, bias, inners, ALL_OUTPUTS};
    Packed packed;
    Activations in = {tiles, row_scales, count, inners, tiles_multiply};
    for (int32_t i = 0; i < ALL_OUTPUTS * inners; i++)
        weights[i] = extreme ? (i / inners % 2 ? -128 : 127) : (int8_t)(int32_t)(next(256) - 128);
    pack(&linear, &packed, packed_bytes_);
    for (int32_t row = 0; row < count; row++) {
        for (int32_t i = 0; i < inners; i++) {
            rows[row][i] = extreme ? (row % 2 ? -127 : 127) : i ? (int32_t)next(255) - 127 : 127;
            values[i] = (float)rows[row][i];
        }
        quantise(values, row, &in); /* the greatest is 127: nothing is rounded */
    }
    product(&packed, &in, 0, ALL_OUTPUTS, outputs, ALL_OUTPUTS);
    for (int32_t row = 0; row < count; row++)
        for (int32_t output = 0; output < ALL_OUTPUTS; output++) {
            int32_t sum = 0;
            for (int32_t i = 0; i < inners; i++) sum += rows[row][i] * weights[output * inners + i];
            if (outputs[row * ALL_OUTPUTS + output] != (float)sum) return 0;
        }
    return 1;
}

static int32_t check(void) {
    for (int32_t i = 0; i < ALL_OUTPUTS; i++) scales[i] = 1;
    say(tiles_name);
    if (!tiles_supported()) return say(": not on this processor\n"), 0;
    tiles_begin();
    for (int32_t count = 1; count <= ALL_ROWS; count += count < 33 ? 1 : 12)
        for (int32_t inners = 64; inners <= INNERS; inners += 704)
            for (int32_t extreme = 0; extreme < 2; extreme++)
                if (!exact(inners, count, extreme)) return say(": other sums\n"), 1;
    tiles_end();
    return say(": exact\n"), 0;
}

/* The system's table behind the environment says what the processor has. */
static const unsigned long *table;
unsigned long getauxval(unsigned long kind) {
    for (const unsigned long *entry = table; entry[0]; entry += 2)
        if (entry[0] == kind) return entry[1];
    return 0;
}

__attribute__((used)) void begin(const unsigned long *stack) {
    const unsigned long *after = stack + 1 + stack[0] + 1;
    while (*after) after++;
    table = after + 1;
    call(EXIT, check(), 0, 0);
    __builtin_unreachable();
}

#if defined(__aarch64__)
__asm__(".globl _start\n_start: mov x0, sp\nbl begin\n");
#else
__asm__(".globl _start\n_start: mov %rsp, %rdi\nand $-64, %rsp\ncall begin\n");
#endif
