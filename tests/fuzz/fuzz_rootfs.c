/* Any bytes as the archive of a root file system: what is written of it is read again, as the same bytes. */
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/tar.h"
#include "playbooks/rootfs.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
read_again(const void *data, size_t size, struct buf *to, struct err *err)
{
	autoclose int fd = memfd_create("rootfs", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0)
		abort();
	return rootfs_read_archive(fd, to, err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autobuf first = BUF_INIT(ROOTFS_ARCHIVE_MAX), second = BUF_INIT(ROOTFS_ARCHIVE_MAX);
	struct err err = { .kind = OUTCOME_OK };

	if (read_again(data, size, &first, &err) < 0) {
		if ((err.kind != OUTCOME_REFUSED && err.kind != OUTCOME_INPUT) || !*err.text)
			abort();
		return 0;
	}
	if (first.len % TAR_BLOCK || read_again(first.data, first.len, &second, &err) < 0)
		abort();
	if (first.len != second.len || memcmp(first.data, second.data, first.len) != 0)
		abort();
	return 0;
}
