#include "tui/tone.h"

static const int steps[] = { 0, 95, 135, 175, 215, 255 };

/* The first 16 as xterm has them; 7 and 15 are light grey and white. */
static const uint8_t basic[16][3] = { { 0, 0, 0 }, { 205, 0, 0 }, { 0, 205, 0 }, { 205, 205, 0 },
	{ 0, 0, 238 }, { 205, 0, 205 }, { 0, 205, 205 }, { 229, 229, 229 }, { 127, 127, 127 },
	{ 255, 0, 0 }, { 0, 255, 0 }, { 255, 255, 0 }, { 92, 92, 255 }, { 255, 0, 255 },
	{ 0, 255, 255 }, { 255, 255, 255 } };

static int
square(int n)
{
	return n * n;
}

static int
step_near(int value)
{
	int best = 0;

	for (int i = 1; i < 6; i++) {
		if (square(value - steps[i]) < square(value - steps[best]))
			best = i;
	}
	return best;
}

static int
distance(const int a[3], const int b[3])
{
	return square(a[0] - b[0]) + square(a[1] - b[1]) + square(a[2] - b[2]);
}

uint16_t
tone_of_rgb(uint8_t red, uint8_t green, uint8_t blue)
{
	const int want[] = { red, green, blue };
	int r = step_near(red), g = step_near(green), b = step_near(blue);
	const int cube[] = { steps[r], steps[g], steps[b] };
	int level = ((red + green + blue) / 3 - 3) / 10;

	level = level < 0 ? 0 : level > 23 ? 23 : level;
	const int grey[] = { 8 + level * 10, 8 + level * 10, 8 + level * 10 };
	if (distance(want, grey) < distance(want, cube))
		return (uint16_t)(1 + 232 + level);
	return (uint16_t)(1 + 16 + 36 * r + 6 * g + b);
}

static void
rgb_of(int place, int ret[3])
{
	for (int i = 0; i < 3; i++) {
		if (place < 16)
			ret[i] = basic[place][i];
		else if (place >= 232)
			ret[i] = 8 + (place - 232) * 10;
	}
	if (place >= 16 && place < 232) {
		ret[0] = steps[(place - 16) / 36];
		ret[1] = steps[(place - 16) / 6 % 6];
		ret[2] = steps[(place - 16) % 6];
	}
}

int
tone_nearest(uint16_t colour, int colours, bool *ret_bright)
{
	int place = (int)colour - 1, want[3], have[3], best = 0;

	*ret_bright = false;
	if (place < 0 || place > 255 || colours < 8)
		return -1;
	if (place < colours && (place < 16 || colours >= 256))
		return place;
	rgb_of(place, want);
	for (int i = 1; i < 16; i++) {
		int was[3];

		rgb_of(i, have);
		rgb_of(best, was);
		if (distance(want, have) < distance(want, was))
			best = i;
	}
	if (best < colours)
		return best;
	*ret_bright = true;
	return best - 8;
}
