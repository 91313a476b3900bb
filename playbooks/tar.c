#include "playbooks/tar.h"

#include "base/buf.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define BLOCK 512

static const char zeros[BLOCK];

struct ustar {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
	char magic[6], version[2], uname[32], gname[32], major[8], minor[8], prefix[155], rest[12];
};

_Static_assert(sizeof(struct ustar) == BLOCK, "a header is one block");

static void
octal(char *to, size_t size, unsigned long long v)
{
	char text[24];

	snprintf(text, sizeof(text), "%0*llo", (int)size - 1, v);
	assert(strlen(text) < size);
	memcpy(to, text, size);
}

bool
tar_add(struct buf *to, const char *name, const void *data, size_t len)
{
	struct ustar h = { .type = '0', .magic = "ustar", .version = { '0', '0' } };
	unsigned sum = 0;

	assert(strlen(name) <= sizeof(h.name));
	memcpy(h.name, name, strlen(name));
	octal(h.mode, sizeof(h.mode), 0600);
	octal(h.uid, sizeof(h.uid), 0);
	octal(h.gid, sizeof(h.gid), 0);
	octal(h.size, sizeof(h.size), len);
	octal(h.mtime, sizeof(h.mtime), 0);
	memset(h.sum, ' ', sizeof(h.sum));
	for (size_t i = 0; i < BLOCK; i++)
		sum += ((const unsigned char *)&h)[i];
	octal(h.sum, sizeof(h.sum) - 1, sum);
	return buf_add(to, &h, BLOCK) && (len == 0 || buf_add(to, data, len)) &&
	       (len % BLOCK == 0 || buf_add(to, zeros, BLOCK - len % BLOCK));
}

bool
tar_end(struct buf *to)
{
	return buf_add(to, zeros, BLOCK) && buf_add(to, zeros, BLOCK);
}
