/* What the parts of tar share: a header as it lies in an archive. For base/tar*.c alone. */
#ifndef DROVER_BASE_TAR_INNER_H
#define DROVER_BASE_TAR_INNER_H

#define TAR_NAME_MAX 4096

struct ustar {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
	char magic[6], version[2], uname[32], gname[32], major[8], minor[8], prefix[155], rest[12];
};

#endif
