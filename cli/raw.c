#include "cli/raw.h"

#include "base/mem.h"

#include <signal.h>
#include <termios.h>
#include <unistd.h>

/* What a fatal signal needs; set while the terminal is the host's. */
static struct {
	volatile sig_atomic_t taken;
	struct termios modes;
} saved;

/* Mouse, focus, bracketed paste, application keys off; the cursor there; plain attributes. */
static const char modes_off[] = "\033[?1000l\033[?1002l\033[?1003l\033[?1004l\033[?1006l\033[?2004l"
				"\033[?1l\033>\033[?25h\033[0m\r\n";

static void
restore_now(void)
{
	if (!saved.taken)
		return;
	saved.taken = 0;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &saved.modes);
}

static void
on_fatal(int signum)
{
	restore_now();
	signal(signum, SIG_DFL);
	raise(signum);
}

static void
catch_fatal(void)
{
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGQUIT };
	struct sigaction sa = { .sa_handler = on_fatal, .sa_flags = (int)SA_RESETHAND };

	for (size_t i = 0; i < countof(fatal); i++)
		sigaction(fatal[i], &sa, NULL);
	mem_on_abort(restore_now);
}

/* As ssh(1) sets it: nothing is read into what is typed, nothing is done to what is shown. */
static void
make_raw(struct termios *t)
{
	t->c_iflag |= IGNPAR;
	t->c_iflag &= ~(tcflag_t)(ISTRIP | INLCR | IGNCR | ICRNL | IXON | IXANY | IXOFF | IUCLC);
	t->c_lflag &= ~(tcflag_t)(ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHONL | IEXTEN);
	t->c_oflag &= ~(tcflag_t)OPOST;
	t->c_cc[VMIN] = 1;
	t->c_cc[VTIME] = 0;
}

bool
raw_enter(void)
{
	struct termios raw;

	if (!saved.taken && tcgetattr(STDIN_FILENO, &saved.modes) < 0)
		return false;
	if (!saved.taken)
		catch_fatal();
	raw = saved.modes;
	make_raw(&raw);
	saved.taken = 1;
	return tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

void
raw_leave(bool torn)
{
	bool was = saved.taken;

	restore_now();
	if (was && torn && isatty(STDOUT_FILENO) &&
	    write(STDOUT_FILENO, modes_off, sizeof(modes_off) - 1) < 0)
		return; /* a terminal that is gone needs none of it */
}
