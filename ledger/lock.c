#include "ledger/lock.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>

static struct flock
region(int byte, short type)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };
}

int
lock_open(const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0) {
		err_errno(err, "ledger: %s", path);
		err->kind = OUTCOME_STORAGE;
	}
	return fd;
}

bool
lock_try(int fd, int byte, bool shared)
{
	struct flock f = region(byte, shared ? F_RDLCK : F_WRLCK);

	return fcntl(fd, F_OFD_SETLK, &f) == 0;
}

void
lock_release(int fd, int byte)
{
	struct flock f = region(byte, F_UNLCK);

	fcntl(fd, F_OFD_SETLK, &f);
}

int
lock_wait(int fd, int byte, int64_t ms, struct err *err)
{
	int64_t until = clock_mono_ms() + ms;

	while (!lock_try(fd, byte, false)) {
		if (errno != EAGAIN && errno != EACCES && errno != EINTR) {
			err_errno(err, "ledger: its lock");
			err->kind = OUTCOME_STORAGE;
			return -1;
		}
		if (clock_mono_ms() >= until)
			return err_set(err, OUTCOME_STORAGE,
			    "ledger: another drover has held its write lock for %d s",
			    (int)(ms / 1000));
		poll(NULL, 0, 1);
	}
	return 0;
}

bool
lock_is_held(const char *path)
{
	struct flock f = region(0, F_WRLCK);
	autoclose int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	return fd >= 0 && fcntl(fd, F_OFD_GETLK, &f) == 0 && f.l_type != F_UNLCK;
}
