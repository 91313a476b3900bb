/*
 * Colours of programs in panes: of the 256 there are, and the nearest that a terminal has.
 *
 * Plain values; pure.
 */
#ifndef DROVER_TUI_TONE_H
#define DROVER_TUI_TONE_H

#include <stdbool.h>
#include <stdint.h>

#define TONE_BOLD      1U
#define TONE_UNDERLINE 2U
#define TONE_REVERSE   4U
#define TONE_ITALIC    8U

/* A colour is 0: the terminal's own; else its place among xterm's 256, and one. */
struct tone {
	uint16_t fg, bg;
	uint8_t attr;
};

/* The colour nearest to this among the cube and the greys, which no theme changes. */
uint16_t tone_of_rgb(uint8_t red, uint8_t green, uint8_t blue);

/* The place of the nearest of so many colours (8, 16, 256 or more); -1: the terminal's own. ret_bright: it is the
 * dark one of a bright colour that there is not. */
int tone_nearest(uint16_t colour, int colours, bool *ret_bright);

#endif
