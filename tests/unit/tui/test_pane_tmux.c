/* The same bytes to a pane of ours and to tmux: the same cells and the same place of the cursor, or what xterm's
 * documentation says. */
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "tests/lib/mux.h"
#include "tui/canvas.h"
#include "tui/pane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ROWS     8
#define COLS     20
#define DEADLINE 30000

/* Where tmux (of some version) does something else, `text` is the screen by the documentation, which `why` names:
 * ctlseqs is "XTerm Control Sequences" (invisible-island.net/xterm/ctlseqs/ctlseqs.html). */
struct sequence {
	const char *name, *bytes;
	const char *text, *why;
};

#define FULL                                                                                       \
	"\033#8\033[1;1H11111111111111111111\033[2;1H22222222222222222222"                         \
	"\033[3;1H33333333333333333333\033[4;1H44444444444444444444"                               \
	"\033[5;1H55555555555555555555\033[6;1H66666666666666666666"                               \
	"\033[7;1H77777777777777777777\033[8;1Hthe last line of it."
#define COUNTED "abcdefghijklmnopqrst"

static const struct sequence cursor[] = {
	{ .name = "up", .bytes = "\033[5;5H\033[2A*\033[A*\033[99A*" },
	{ .name = "down", .bytes = "\033[2;5H\033[2B*\033[B*\033[99B*" },
	{ .name = "right", .bytes = "\033[2;5H\033[2C*\033[C*\033[99C*" },
	{ .name = "left", .bytes = "\033[2;15H\033[2D*\033[D*\033[99D*" },
	{ .name = "none is one", .bytes = "\033[4;9H\033[0A1\033[0B2\033[0C3\033[0D4" },
	{ .name = "next and previous line", .bytes = "\033[3;9H\033[2E*\033[3F*\033[E*\033[F+" },
	{ .name = "to a column", .bytes = "\033[3;9H\033[5G*\033[G+\033[99G-" },
	{ .name = "to a column, HPA", .bytes = "\033[3;9H\033[5`*\033[`+\033[99`-" },
	{ .name = "to a row", .bytes = "\033[3;9H\033[5d*\033[d+\033[99d-" },
	{ .name = "by columns, HPR",
	    .bytes = "\033[3;9H\033[5a*\033[a+\033[99a-",
	    .text = "\n\n             * +   -\n\n\n\n\n\n",
	    .why = "ctlseqs, CSI Pm a: HPR" },
	{ .name = "by rows, VPR",
	    .bytes = "\033[3;9H\033[2e*\033[e+\033[99e-",
	    .text = "\n\n\n\n        *\n         +\n\n          -\n",
	    .why = "ctlseqs, CSI Pm e: VPR" },
	{ .name = "to a place", .bytes = "\033[3;4H*\033[H+\033[;7H-\033[5H_\033[99;99H#" },
	{ .name = "to a place, HVP", .bytes = "\033[3;4f*\033[f+\033[;7f-\033[5f_\033[99;99f#" },
	{ .name = "to row and column 0", .bytes = "\033[3;4H\033[0;0H*" },
	{ .name = "kept and had back", .bytes = "\033[3;4H\033[1;31m\0337\033[H\033[0mx\0338y" },
	{ .name = "kept and had back, SCO", .bytes = "\033[3;4H\033[s\033[Hx\033[uy" },
	{ .name = "kept with its looks",
	    .bytes = "\033[1;3;4;38;5;200;48;5;17m\0337\033[m\0338a\033[38;2;1;200;3mb\0337\033["
		     "mc\0338d" },
	{ .name = "kept with its boxes", .bytes = "\033(0\0337\033(Bq\0338q\033(B" },
	{ .name = "kept, then hidden", .bytes = "a\0337\033[?25lb\0338c" },
	{ .name = "kept by a mode",
	    .bytes = "\033[3;4H\033[?1048h\033[Hx\033[?1048ly",
	    .text = "x\n\n   y\n\n\n\n\n\n",
	    .why = "ctlseqs, CSI ? 1048 h: the cursor is kept as in DECSC" },
	{ .name = "kept on each screen",
	    .bytes = "\033[3;4H\0337\033[?1049h\033[5;6H\0337\033[Hx\0338y\033[?1049l*\033[H\0338z",
	    .text = "\n\n   z\n\n\n\n\n\n",
	    .why = "ctlseqs, CSI ? 1049 h: the cursor is kept before the screen is another, which "
		   "has its own" },
	{ .name = "had back, never kept", .bytes = "\033[3;4H\0338y" },
	{ .name = "back from column 1", .bytes = "\033[2;2H\b\b\bx" },
	{ .name = "line ends", .bytes = "ab\ncd\rE\013F\014G\033EH\033DI" },
	{ .name = "reverse index", .bytes = "\033[2;3Ha\033Mb\033Mc\033Md" },
	{ .name = "line feed at the end", .bytes = FULL "\033[8;5H\nx\ny" },
	{ .name = "hidden and shown", .bytes = "a\033[?25lb\033[?25h" },
	{ .name = "hidden", .bytes = "a\033[?25lb" },
};

static const struct sequence wrapping[] = {
	{ .name = "a full line", .bytes = COUNTED },
	{ .name = "a full line and one", .bytes = COUNTED "u" },
	{ .name = "a full line and its end", .bytes = COUNTED "\r\nu" },
	{ .name = "a full line and back",
	    .bytes = COUNTED "\b*",
	    .text = "abcdefghijklmnopqr*t\n\n\n\n\n\n\n\n",
	    .why = "VT100, BS: one to the left of where the cursor is, which is the last column" },
	{ .name = "a full line and a column", .bytes = COUNTED "\033[20G*" },
	{ .name = "a full line and up", .bytes = "\r\n" COUNTED "\033[A*" },
	{ .name = "a full line and erased",
	    .bytes = COUNTED "\033[K",
	    .text = "abcdefghijklmnopqrs\n\n\n\n\n\n\n\n",
	    .why = "ctlseqs, CSI Ps K: EL 0 takes the cursor's own column too, by the VT100's "
		   "manual" },
	{ .name = "a full line and a tab", .bytes = COUNTED "\tx" },
	{ .name = "a full line and a colour", .bytes = COUNTED "\033[31mx" },
	{ .name = "the last cell of all", .bytes = FULL "\033[8;20Hab" },
	{ .name = "no wrapping", .bytes = "\033[?7l" COUNTED "uvw" },
	{ .name = "no wrapping, then some", .bytes = "\033[?7l" COUNTED "uvw\033[?7hxy" },
	{ .name = "no wrapping, wide", .bytes = "\033[?7l\033[1;19Hab\346\225\260" },
	{ .name = "inserting at the end", .bytes = COUNTED "\033[1;18H\033[4habc" },
};

static const struct sequence colours[] = {
	{ .name = "looks", .bytes = "\033[1mb\033[3mi\033[4mu\033[7mr\033[0mn" },
	{ .name = "looks taken back",
	    .bytes = "\033[1;3;4;7ma\033[22mb\033[23mc\033[24md\033[27me" },
	{ .name = "the eight",
	    .bytes = "\033[30ma\033[31mb\033[32mc\033[33md\033[34me\033[35mf\033[36mg\033[37mh"
		     "\033[39mi\r\n\033[40ma\033[41mb\033[42mc\033[43md\033[44me\033[45mf\033[46mg"
		     "\033[47mh\033[49mi" },
	{ .name = "the bright", .bytes = "\033[90ma\033[97mb\033[100mc\033[107md\033[0me" },
	{ .name = "of 256", .bytes = "\033[38;5;0ma\033[38;5;9mb\033[38;5;200mc\033[48;5;255md" },
	{ .name = "of 256, by colons", .bytes = "\033[38:5:200ma\033[48:5:17mb\033[0mc" },
	{ .name = "true", .bytes = "\033[38;2;255;0;0ma\033[48;2;0;128;255mb\033[39mc\033[49md" },
	{ .name = "true, by colons",
	    .bytes = "\033[38:2::255:0:0ma\033[48:2::0:128:255mb\033[0mc" },
	{ .name = "true, by colons without a space of colours",
	    .bytes = "\033[38:2:255:0:0ma\033[0mc" },
	{ .name = "among others", .bytes = "\033[1;38;5;200;4;48;2;1;2;3;7ma\033[0mb" },
	{ .name = "nothing is all off", .bytes = "\033[1;31;44ma\033[mb\033[4mc\033[;31md" },
	{ .name = "a curly line", .bytes = "\033[4:3ma\033[4:0mb\033[4:1mc\033[24md" },
	{ .name = "two lines", .bytes = "\033[4ma\033[21mb\033[24mc" },
	{ .name = "words nobody knows", .bytes = "\033[31;77;999;1ma\033[0mb" },
	{ .name = "erased in a colour", .bytes = "abcdef\033[44m\033[1;3H\033[K\033[0m" },
	{ .name = "all erased in a colour", .bytes = "abc\033[41m\033[2J\033[0mx" },
	{ .name = "scrolled in a colour", .bytes = FULL "\033[42m\n\033[0m" },
	{ .name = "inserted in a colour", .bytes = "abcdef\033[1;3H\033[43m\033[2@\033[0m" },
	{ .name = "deleted in a colour", .bytes = COUNTED "\033[1;3H\033[43m\033[2P\033[0m" },
	{ .name = "lines inserted in a colour", .bytes = FULL "\033[3;1H\033[45m\033[2L\033[0m" },
	{ .name = "lines deleted in a colour", .bytes = FULL "\033[3;1H\033[45m\033[2M\033[0m" },
	{ .name = "reversed and erased", .bytes = "abcdef\033[7m\033[1;3H\033[K\033[0m" },
	{ .name = "underlined and erased", .bytes = "abcdef\033[4m\033[1;3H\033[2X\033[0m" },
	{ .name = "bold in a tab", .bytes = "\033[1;44ma\tb\033[0m" },
};

static const struct sequence scrolling[] = {
	{ .name = "a region and its end", .bytes = FULL "\033[3;5r\033[5;1H\nx\ny" },
	{ .name = "a region homes", .bytes = "\033[4;4H\033[3;5r*" },
	{ .name = "below a region", .bytes = FULL "\033[3;5r\033[8;4H\nx\ny" },
	{ .name = "above a region", .bytes = FULL "\033[3;5r\033[1;4H\033Mx" },
	{ .name = "index", .bytes = FULL "\033[3;5r\033[5;4H\033Dx" },
	{ .name = "reverse index", .bytes = FULL "\033[3;5r\033[3;4H\033Mx" },
	{ .name = "next line", .bytes = FULL "\033[3;5r\033[5;4H\033Ex" },
	{ .name = "wrapping", .bytes = FULL "\033[3;5r\033[5;19Habcd" },
	{ .name = "up", .bytes = FULL "\033[3;6r\033[2Sx" },
	{ .name = "down", .bytes = FULL "\033[3;6r\033[2Tx" },
	{ .name = "up by more than there is", .bytes = FULL "\033[3;6r\033[99S" },
	{ .name = "all of it up", .bytes = FULL "\033[3S" },
	{ .name = "all of it down", .bytes = FULL "\033[3T" },
	{ .name = "a region upside down", .bytes = FULL "\033[5;3r\033[8;1H\nx" },
	{ .name = "a region of one line", .bytes = FULL "\033[4;4r\033[8;1H\nx" },
	{ .name = "a region too long", .bytes = FULL "\033[4;99r\033[8;1H\nx" },
	{ .name = "no region", .bytes = FULL "\033[3;5r\033[r\033[8;1H\nx" },
	{ .name = "up and down stop at it",
	    .bytes = "\033[3;5r\033[4;4H\033[9Aa\033[4;9H\033[9Bb" },
	{ .name = "up and down from outside",
	    .bytes = "\033[3;5r\033[7;4H\033[9Aa\033[1;9H\033[9Bb\033[8;1H\033[2Ac" },
	{ .name = "origin", .bytes = "\033[3;6r\033[?6h*\033[2;3H+\033[99;99H-\033[?6l#" },
	{ .name = "origin, rows", .bytes = "\033[3;6r\033[?6h\033[2d*\033[99d+\033[9A-" },
	{ .name = "origin kept", .bytes = "\033[3;6r\033[?6h\033[2;2H\0337\033[?6l\0338*\033[H+" },
	{ .name = "origin and all erased", .bytes = FULL "\033[3;6r\033[?6h\033[2J*" },
};

static const struct sequence inserting[] = {
	{ .name = "characters", .bytes = COUNTED "\033[1;5H\033[3@\033[2;1H" },
	{ .name = "one character", .bytes = COUNTED "\033[1;5H\033[@*" },
	{ .name = "too many characters",
	    .bytes = COUNTED "\033[1;5H\033[99@*",
	    .text = "abcd*\n\n\n\n\n\n\n\n",
	    .why = "ctlseqs, CSI Ps @: ICH; what leaves the line is lost" },
	{ .name = "characters deleted", .bytes = COUNTED "\033[1;5H\033[3P*" },
	{ .name = "too many deleted", .bytes = COUNTED "\033[1;5H\033[99P*" },
	{ .name = "characters erased", .bytes = COUNTED "\033[1;5H\033[3X*" },
	{ .name = "too many erased", .bytes = COUNTED "\033[1;5H\033[99X*" },
	{ .name = "lines", .bytes = FULL "\033[3;5H\033[2L*" },
	{ .name = "lines deleted", .bytes = FULL "\033[3;5H\033[2M*" },
	{ .name = "too many lines", .bytes = FULL "\033[3;5H\033[99L*" },
	{ .name = "too many lines deleted", .bytes = FULL "\033[3;5H\033[99M*" },
	{ .name = "lines in a region", .bytes = FULL "\033[2;6r\033[4;5H\033[L*" },
	{ .name = "lines deleted in a region", .bytes = FULL "\033[2;6r\033[4;5H\033[M*" },
	{ .name = "lines outside of the region",
	    .bytes = FULL "\033[2;4r\033[6;5H\033[L\033[M*",
	    .text = "11111111111111111111\n"
		    "22222222222222222222\n"
		    "33333333333333333333\n"
		    "44444444444444444444\n"
		    "55555555555555555555\n"
		    "6666*666666666666666\n"
		    "77777777777777777777\n"
		    "the last line of it.\n",
	    .why = "VT420, IL and DL: none outside of the margins" },
	{ .name = "insert mode", .bytes = COUNTED "\033[1;5H\033[4hXYZ\033[4l*" },
	{ .name = "insert mode, wide", .bytes = COUNTED "\033[1;5H\033[4h\346\225\260\033[4l*" },
	{ .name = "repeated", .bytes = "ab\033[3bc" },
	{ .name = "repeated, wide",
	    .bytes = "\346\225\260\033[2b",
	    .text = "数数数\n\n\n\n\n\n\n\n",
	    .why = "ctlseqs, CSI Ps b: REP, of whatever character" },
};

static const struct sequence tabs[] = {
	{ .name = "as they are", .bytes = "a\tb\tc\td\te" },
	{ .name = "set", .bytes = "\033[1;4H\033H\r\ta\tb" },
	{ .name = "cleared", .bytes = "\033[1;9H\033[g\r\ta" },
	{ .name = "all cleared", .bytes = "\033[3g\ta\r\n\033[4G\033H\r\tb" },
	{ .name = "forward",
	    .bytes = "\033[2Ia\033[Ib",
	    .text = "                a  b\n\n\n\n\n\n\n\n",
	    .why = "ctlseqs, CSI Ps I: CHT" },
	{ .name = "backward", .bytes = "\033[1;19H\033[Za\033[1;19H\033[2Zb\033[9Zc" },
	{ .name = "over text", .bytes = COUNTED "\r\tX" },
};

static const struct sequence characters[] = {
	{ .name = "wide", .bytes = "\346\225\260\346\215\256a\355\225\234" },
	{ .name = "wide over the edge", .bytes = "\033[1;20H\346\225\260b" },
	{ .name = "wide at the edge", .bytes = "\033[1;19H\346\225\260b" },
	{ .name = "emoji", .bytes = "\360\237\230\200.\360\237\222\276." },
	{ .name = "half of a wide one, left", .bytes = "\346\225\260\346\215\256\033[1;1Hx" },
	{ .name = "half of a wide one, right",
	    .bytes = "\346\225\260\346\215\256\033[1;2Hx",
	    .text = " x据\n\n\n\n\n\n\n\n",
	    .why = "xterm blanks the half that is left of a character of two columns; nothing "
		   "shows half of one" },
	{ .name = "a wide one over two halves",
	    .bytes = "\346\225\260\346\215\256\033[1;2H\346\225\260" },
	{ .name = "half erased, left", .bytes = "\346\225\260\346\215\256\033[1;3H\033[K" },
	{ .name = "half erased, right",
	    .bytes = "\346\225\260\346\215\256\033[1;4H\033[K",
	    .text = "数\n\n\n\n\n\n\n\n",
	    .why = "xterm blanks the half that is left of a character of two columns; nothing "
		   "shows half of one" },
	{ .name = "half of one deleted",
	    .bytes = "a\346\225\260\346\215\256b\033[1;2H\033[P",
	    .text = "a 据b\n\n\n\n\n\n\n\n",
	    .why = "xterm blanks the half that is left of a character of two columns; nothing "
		   "shows half of one" },
	{ .name = "parted",
	    .bytes = "a\346\225\260\346\215\256b\033[1;3H\033[@",
	    .text = "a   据b\n\n\n\n\n\n\n\n",
	    .why = "xterm blanks the half that is left of a character of two columns; nothing "
		   "shows half of one" },
	{ .name = "one cell erased",
	    .bytes = "a\346\225\260\346\215\256b\033[1;3H\033[X",
	    .text = "a  据b\n\n\n\n\n\n\n\n",
	    .why = "xterm blanks the half that is left of a character of two columns; nothing "
		   "shows half of one" },
	{ .name = "combining", .bytes = "e\314\201a\314\210\314\204!" },
	{ .name = "combining with a wide one", .bytes = "\346\225\260\314\201!" },
	{ .name = "combining at the end of a line", .bytes = "\033[1;20He\314\201\r\nx" },
	{ .name = "combining behind a move", .bytes = "ab\033[1;1H\314\201" },
	{ .name = "of ambiguous width", .bytes = "\302\261\342\224\200\342\226\210\342\200\246|" },
	{ .name = "thin", .bytes = "\357\275\261\357\274\241|" },
	{ .name = "boxes", .bytes = "\033(0lqwqk\033(B|\033(0x\033(B" },
	{ .name = "boxes by the other set", .bytes = "\033)0a\016lqk\017b" },
	{ .name = "a set of one country",
	    .bytes = "\033(A#\033(B#",
	    .text = "£#\n\n\n\n\n\n\n\n",
	    .why = "ctlseqs, ESC ( C: A is the United Kingdom's" },
};

static const struct sequence screens[] = {
	{ .name = "the other", .bytes = "here\033[?1049hthere" },
	{ .name = "the other and back", .bytes = "here\033[?1049hthere\033[?1049l!" },
	{ .name = "the other, erased, and back",
	    .bytes = FULL "\033[4;4H\033[?1049h\033[2J\033[H\n\n\n\n\n\n\n\n\n\nx\033[?1049l!" },
	{ .name = "the other, old", .bytes = "here\033[?47hthere\033[?47l!" },
	{ .name = "the other, 1047", .bytes = "here\033[?1047hthere\033[?1047l!" },
	{ .name = "colours there", .bytes = "\033[31mhere\033[?1049h\033[32mthere\033[?1049l!" },
	{ .name = "twice", .bytes = "here\033[?1049ha\033[?1049hb\033[?1049l!" },
	{ .name = "back from nowhere",
	    .bytes = "here\033[?1049l!",
	    .text = "!ere\n\n\n\n\n\n\n\n",
	    .why = "ctlseqs, ?1049: as DECRC, which homes where nothing was kept (VT420)" },
	{ .name = "a program with all of it",
	    .bytes = "$ vim\r\n\033[?1049h\033[?1h\033=\033[1;8r\033[?25l\033[m\033[H\033[2J"
		     "text\r\n\033[94m~\r\n~\r\n~\033[m\033[8;1H\033[7mnone\033[m\033[1;5H"
		     "\033[?25h\033[?1l\033>\033[?1049l$ " },
	{ .name = "reset", .bytes = FULL "\033[3;5r\033[?7l\033[1;31m\033cx" },
	{ .name = "reset softly",
	    .bytes = FULL "\033[3;5r\033[?25l\033[1;31m\033[4h\033[!px",
	    .text = "x1111111111111111111\n22222222222222222222\n33333333333333333333\n"
		    "44444444444444444444\n55555555555555555555\n66666666666666666666\n"
		    "77777777777777777777\nthe last line of it.\n",
	    .why = "VT510, DECSTR: also the look (which tmux keeps) and the cursor" },
	{ .name = "filled", .bytes = "\033[3;5r\033[31m\033#8x" },
};

static const struct sequence erasing[] = {
	{ .name = "below", .bytes = FULL "\033[4;5H\033[J*" },
	{ .name = "above", .bytes = FULL "\033[4;5H\033[1J*" },
	{ .name = "all", .bytes = FULL "\033[4;5H\033[2J*" },
	{ .name = "what was scrolled away", .bytes = FULL "\033[8;1H\n\n\033[3J*" },
	{ .name = "the rest of a line", .bytes = FULL "\033[4;5H\033[K*" },
	{ .name = "the beginning of a line", .bytes = FULL "\033[4;5H\033[1K*" },
	{ .name = "a line", .bytes = FULL "\033[4;5H\033[2K*" },
	{ .name = "nothing known", .bytes = FULL "\033[4;5H\033[7J\033[7K*" },
	{ .name = "what is not guarded",
	    .bytes = FULL "\033[4;5H\033[?K\033[6;5H\033[?J*",
	    .text = "11111111111111111111\n"
		    "22222222222222222222\n"
		    "33333333333333333333\n"
		    "4444\n"
		    "55555555555555555555\n"
		    "6666*\n"
		    "\n"
		    "\n",
	    .why = "ctlseqs, CSI ? Ps K: DECSEL, and DECSED" },
	{ .name = "a full line and what is below",
	    .bytes = FULL "\033[4;1H" COUNTED "\033[J",
	    .text = "11111111111111111111\n"
		    "22222222222222222222\n"
		    "33333333333333333333\n"
		    "abcdefghijklmnopqrs\n"
		    "\n"
		    "\n"
		    "\n"
		    "\n",
	    .why = "ctlseqs, CSI Ps J: ED 0 takes the cursor's own column too, by the VT100's "
		   "manual" },
};

static const struct sequence broken[] = {
	{ .name = "words nobody knows", .bytes = "a\033[99zb\033[?9999hc\033[>5qd\033[1$~e" },
	{ .name = "a title", .bytes = "a\033]0;title\007b\033]2;title\033\\c" },
	{ .name = "a link", .bytes = "\033]8;;http://example.org\033\\a\033]8;;\033\\b" },
	{ .name = "a question",
	    .bytes = "a\033P$qm\033\\b",
	    .text = "ab\n\n\n\n\n\n\n\n",
	    .why = "ctlseqs, DCS $ q: answered, and nothing is shown" },
	{ .name = "strings", .bytes = "a\033P0;1|17/ab\033\\b\033_app\033\\c\033^pm\033\\d" },
	{ .name = "controls within", .bytes = "abc\033[2\rC*\033[1\nC+" },
	{ .name = "cancelled", .bytes = "a\033[3\030b\033[3\032c" },
	{ .name = "begun anew", .bytes = "abc\033[3\033[1D*" },
	{ .name = "nothing", .bytes = "a\177b\006c\005d" },
	{ .name = "many numbers",
	    .bytes = "\033[3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18;19;20;21Ha" },
	{ .name = "many looks",
	    .bytes = "\033[0;1;22;3;23;4;24;7;27;31;32;33;34;1;38;5;200;48;2;0;128;255;23ma" },
	{ .name = "many colours", .bytes = "\033[38;5;1;38;5;2;48;5;5;48;5;6;38;2;255;0;0;7ma" },
	{ .name = "large numbers",
	    .bytes = "a\033[99999999999Cb\033[4294967297;3Hc",
	    .text = "a                  b\n\n\n\n\n\n\n  c\n",
	    .why = "xterm takes a number that is too large for the largest there is" },
	{ .name = "no text",
	    .bytes = "a\377b\300\257c\355\240\200d",
	    .text = "a\357\277\275b\357\277\275c\357\277\275d\n\n\n\n\n\n\n\n",
	    .why = "xterm shows U+FFFD for what is no UTF-8" },
};

struct show {
	struct mux *mux;
	struct pane *pane;
	unsigned wrong;
};

static void
ignore(void *user, const void *bytes, size_t len, bool answer)
{
	(void)user, (void)bytes, (void)len, (void)answer;
}

static char *
our_text(const struct pane *p)
{
	struct pane_state s;

	pane_get(p, &s);
	return pane_text(p, s.top, s.top + s.rows, 1 << 20);
}

/* The text above what is drawn, and one cell that differs. */
static void
tell(struct show *s, const struct sequence *q, int row, int col, const char *what)
{
	autofree char *ours = our_text(s->pane);
	autofree char *theirs = mux_text(s->mux);
	const struct mux_cell *cell = mux_cell(s->mux, row, col);
	struct cell line[COLS];
	struct pane_state st;

	pane_get(s->pane, &st);
	pane_line(s->pane, st.top + row, line, COLS);
	s->wrong++;
	print_error("%s: %s at row %d, column %d: ours '%s' %d/%d/%x, tmux '%s' %d/%d/%x\n"
		    "ours:\n%s\ntmux:\n%s\n",
	    q->name, what, row, col, line[col].text, line[col].tone.fg, line[col].tone.bg,
	    line[col].tone.attr, cell->text, cell->tone.fg, cell->tone.bg, cell->tone.attr, ours,
	    theirs);
}

static bool
same_tone(const struct tone *a, const struct tone *b)
{
	return a->fg == b->fg && a->bg == b->bg && a->attr == b->attr;
}

static bool
same_cells(struct show *s, const struct sequence *q)
{
	struct cell line[COLS];
	struct pane_state st;

	pane_get(s->pane, &st);
	for (int row = 0; row < ROWS; row++) {
		pane_line(s->pane, st.top + row, line, COLS);
		for (int col = 0; col < COLS; col++) {
			const struct mux_cell *cell = mux_cell(s->mux, row, col);

			if (str_eq(cell->text, line[col].text) &&
			    (!cell->told || same_tone(&cell->tone, &line[col].tone)))
				continue;
			tell(s, q, row, col, "another cell");
			return false;
		}
	}
	return true;
}

static void
show(struct show *s, const struct sequence *q)
{
	static const char begin[] = "\033[?1049l\033[!p\033c\033[3J";
	struct pane_state st;
	struct mux_state mst;

	s->pane = pane_new(&(struct pane_config){ .rows = ROWS, .cols = COLS, .send = ignore });
	pane_feed(s->pane, q->bytes, strlen(q->bytes));
	if (!mux_write(s->mux, begin, sizeof(begin) - 1, DEADLINE) ||
	    !mux_write(s->mux, q->bytes, strlen(q->bytes), DEADLINE) || !mux_look(s->mux, &mst))
		fail_msg("%s: tmux does not show it", q->name);
	pane_get(s->pane, &st);
	if (same_cells(s, q) && (mst.cursor_row != st.cursor_row ||
				    (mst.cursor_col != st.cursor_col && mst.cursor_col < COLS) ||
				    mst.cursor != st.cursor))
		tell(s, q, mst.cursor_row, mst.cursor_col < COLS ? mst.cursor_col : COLS - 1,
		    "the cursor is elsewhere than tmux's");
	pane_free(s->pane);
}

/* In one piece, and byte by byte. */
static void
as_documented(struct show *s, const struct sequence *q)
{
	for (int piece = 0; piece < 2; piece++) {
		size_t len = strlen(q->bytes);

		s->pane =
		    pane_new(&(struct pane_config){ .rows = ROWS, .cols = COLS, .send = ignore });
		for (size_t i = 0; piece && i < len; i++)
			pane_feed(s->pane, q->bytes + i, 1);
		if (!piece)
			pane_feed(s->pane, q->bytes, len);
		autofree char *ours = our_text(s->pane);
		if (!str_eq(ours, q->text)) {
			print_error("%s (%s):\n%s\nwanted:\n%s\n", q->name, q->why, ours, q->text);
			s->wrong++;
		}
		pane_free(s->pane);
	}
}

static void
show_all(const struct sequence *list, size_t count)
{
	struct show s = { .mux = mux_start_blank(ROWS, COLS) };

	assert_non_null(s.mux);
	for (size_t i = 0; i < count; i++) {
		if (list[i].why)
			as_documented(&s, &list[i]);
		else
			show(&s, &list[i]);
	}
	mux_free(s.mux);
	assert_int_equal(s.wrong, 0);
}

#define SHOWS(name, list)                                                                          \
	static void name(void **state)                                                             \
	{                                                                                          \
		(void)state;                                                                       \
		show_all(list, countof(list));                                                     \
	}

SHOWS(the_cursor_goes_where_it_goes_in_tmux, cursor)
SHOWS(lines_wrap_where_they_wrap_in_tmux, wrapping)
SHOWS(colours_are_those_of_tmux, colours)
SHOWS(regions_scroll_as_in_tmux, scrolling)
SHOWS(what_is_inserted_and_deleted_is_so_in_tmux, inserting)
SHOWS(tabs_stand_where_they_stand_in_tmux, tabs)
SHOWS(wide_and_combining_characters_have_the_cells_of_tmux, characters)
SHOWS(the_other_screen_comes_and_goes_as_in_tmux, screens)
SHOWS(what_is_erased_is_erased_in_tmux, erasing)
SHOWS(what_is_broken_is_as_in_tmux, broken)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_cursor_goes_where_it_goes_in_tmux),
		cmocka_unit_test(lines_wrap_where_they_wrap_in_tmux),
		cmocka_unit_test(colours_are_those_of_tmux),
		cmocka_unit_test(regions_scroll_as_in_tmux),
		cmocka_unit_test(what_is_inserted_and_deleted_is_so_in_tmux),
		cmocka_unit_test(tabs_stand_where_they_stand_in_tmux),
		cmocka_unit_test(wide_and_combining_characters_have_the_cells_of_tmux),
		cmocka_unit_test(the_other_screen_comes_and_goes_as_in_tmux),
		cmocka_unit_test(what_is_erased_is_erased_in_tmux),
		cmocka_unit_test(what_is_broken_is_as_in_tmux),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
