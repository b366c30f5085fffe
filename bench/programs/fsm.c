/* A state machine: a tokenizer that counts words, numbers, strings, comments and operators of a
 * generated text.  A switch per character.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#define SIZE 60000

enum state { BETWEEN, WORD, NUMBER, FRACTION, STRING, ESCAPE, SLASH, COMMENT, STAR, STATES };

static enum state step(enum state s, char c, u64 *count)
{
    switch (s) {
    case BETWEEN:
        if ((c >= 'a' && c <= 'z') || c == '_') return WORD;
        if (c >= '0' && c <= '9') return NUMBER;
        if (c == '"') return STRING;
        if (c == '/') return SLASH;
        if (c != ' ' && c != '\n') count[8]++;
        return BETWEEN;
    case WORD:
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_') return WORD;
        count[WORD]++;
        return BETWEEN;
    case NUMBER:
        if (c >= '0' && c <= '9') return NUMBER;
        if (c == '.') return FRACTION;
        count[NUMBER]++;
        return c >= 'a' && c <= 'z' ? WORD : BETWEEN;
    case FRACTION:
        if (c >= '0' && c <= '9') return FRACTION;
        count[FRACTION]++;
        return BETWEEN;
    case STRING:
        if (c == '\\') return ESCAPE;
        if (c != '"' && c != '\n') return STRING;
        count[STRING]++;
        return BETWEEN;
    case ESCAPE:
        count[ESCAPE]++;
        return STRING;
    case SLASH:
        if (c == '*') return COMMENT;
        count[SLASH]++;
        return BETWEEN;
    case COMMENT:
        return c == '*' ? STAR : COMMENT;
    case STAR:
        if (c != '/') return c == '*' ? STAR : COMMENT;
        count[COMMENT]++;
        return BETWEEN;
    default:
        return BETWEEN;
    }
}

u64 bench(unsigned scale)
{
    static const char alphabet[] = "abcdefgh_ijklm nop qrs 0123456789. \"\"\\ /* */+-;\n";
    static char text[SIZE];
    u64 seed = 0x13198a2e03707344ull, count[9] = { 0 };
    for (int i = 0; i < SIZE; i++) {
        text[i] = alphabet[next_random(&seed) % (sizeof(alphabet) - 1)];
    }
    enum state s = BETWEEN;
    for (unsigned round = 0; round < 150 * scale; round++) {
        for (int i = 0; i < SIZE; i++) s = step(s, text[i], count);
        text[round % SIZE] = alphabet[count[WORD] % (sizeof(alphabet) - 1)];
    }
    u64 sum = s;
    for (int i = 0; i < 9; i++) sum = mix(sum, count[i]);
    return sum;
}
