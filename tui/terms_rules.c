#include "tui/terms_rules.h"

#include "base/diag.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"

#include <string.h>

#define CONF_MAX    65536
#define PATTERN_MAX 500
#define PATTERNS    200
#define IDLE_MS     (INT64_C(10) * 60 * 1000)
#define STAGGER_MS  1000
#define HOUR_MS     (INT64_C(60) * 60 * 1000)

/* Where a command begins, for all that matters here. */
#define WORD "(^|[^[:alnum:]_./-])"
#define END  "([^[:alnum:]_-]|$)"

static const char *const defaults[] = {
	WORD "rm[[:space:]]+(.*[[:space:]])?(-[[:alnum:]]*[rRf]|--(recursive|force))",
	WORD "(mkfs(\\.[[:alnum:]]+)?|wipefs|fdisk|sfdisk|parted|sgdisk|blkdiscard|shred)" END,
	WORD "dd[[:space:]].*of=",
	">[[:space:]]*/dev/(sd|vd|xvd|nvme|mmcblk|dm-|mapper/|md)",
	WORD "(shutdown|reboot|poweroff|halt)" END,
	WORD "(init|telinit)[[:space:]]+[06]" END,
	WORD "systemctl[[:space:]].*(reboot|poweroff|halt|kexec|rescue|emergency|isolate)" END,
	WORD "systemctl[[:space:]](.*[[:space:]])?(stop|disable|mask|kill)" END,
	WORD "(lvremove|vgremove|pvremove|lvreduce)" END,
	WORD "(zfs|zpool)[[:space:]]+destroy" END,
	WORD "mdadm[[:space:]].*(--stop|--zero-superblock|--fail|--remove)",
	WORD "(userdel|groupdel|deluser|delgroup)" END,
	WORD "(podman|docker)[[:space:]](.*[[:space:]])?(rm|rmi|prune|kill|stop|reset)" END,
	WORD "(apt|apt-get|aptitude|dnf|yum|zypper)[[:space:]](.*[[:space:]])?(remove|purge|erase|"
	     "autoremove|autopurge)" END,
	WORD "dpkg[[:space:]].*(-r|-P|--remove|--purge)" END,
	WORD "(ch(mod|own)|chgrp)[[:space:]]+(.*[[:space:]])?-[[:alnum:]]*R",
	WORD "find[[:space:]].*-delete" END,
	WORD "crontab[[:space:]].*-r" END,
	WORD "(kill|pkill|killall)[[:space:]]",
	WORD "(iptables|ip6tables)[[:space:]].*(-F|--flush|-P|--policy)" END,
	WORD "nft[[:space:]]+(flush|delete)" END,
	WORD "ip[[:space:]]+(link[[:space:]].*down|route[[:space:]]+(del|flush)|addr[[:space:]]+("
	     "del|flush))",
	WORD "(drop|truncate)[[:space:]]+(table|database|schema|index)" END,
	"/etc/(passwd|shadow|fstab|sudoers)[[:space:]]*$",
	NULL,
};

static bool
add(struct terms_rules *r, const char *text)
{
	regex_t regex;

	if (regcomp(&regex, text, REG_EXTENDED | REG_ICASE | REG_NOSUB) != 0)
		return false;
	mem_grow(r->patterns, r->count, r->cap);
	r->patterns[r->count++] = (struct terms_pattern){ xstrdup(text), regex };
	return true;
}

static void
forget_patterns(struct terms_rules *r)
{
	for (size_t i = 0; i < r->count; i++) {
		free(r->patterns[i].text);
		regfree(&r->patterns[i].regex);
	}
	r->count = 0;
}

void
terms_rules_init(struct terms_rules *r)
{
	*r = (struct terms_rules){ .idle_ms = IDLE_MS, .stagger_ms = STAGGER_MS };
	for (size_t i = 0; defaults[i]; i++) {
		if (!add(r, defaults[i]))
			mem_abort("a pattern of the table is none");
	}
}

void
terms_rules_fini(struct terms_rules *r)
{
	forget_patterns(r);
	free(take(r->patterns));
	r->cap = 0;
}

const char *
terms_rules_match(const struct terms_rules *r, const char *line)
{
	for (size_t i = 0; i < r->count; i++) {
		if (regexec(&r->patterns[i].regex, line, 0, NULL, 0) == 0)
			return r->patterns[i].text;
	}
	return NULL;
}

static void
read_time(struct diag *d, struct mark at, const char *value, int64_t most, int64_t *ret)
{
	int64_t ms;

	if (str_duration(value, &ms) && ms >= 0 && ms <= most)
		*ret = ms;
	else
		diag_error(d, at, "'%s' is no time up to %s, such as 10m or 1s", value,
		    most > HOUR_MS ? "24h" : "1h");
}

static void
read_pattern(struct terms_rules *r, struct diag *d, struct mark at, const char *value)
{
	if (str_eq(value, "none"))
		forget_patterns(r);
	else if (strlen(value) > PATTERN_MAX)
		diag_error(d, at, "a pattern is at most %d bytes long", PATTERN_MAX);
	else if (r->count >= PATTERNS)
		diag_error(d, at, "more than %d patterns", PATTERNS);
	else if (!add(r, value))
		diag_error(d, at, "no extended regular expression: %s", value);
}

static void
read_line(struct terms_rules *r, struct diag *d, struct mark at, char *line)
{
	static const char *const names[] = { "ask", "idle", "stagger", NULL };
	char *equals = strchr(line, '=');
	char *name = (char *)(uintptr_t)str_skip_blanks(line);

	if (!*name || *name == '#')
		return;
	if (!equals) {
		diag_error(d, at,
		    "no = in this line; a line is: ask = PATTERN, idle = TIME or "
		    "stagger = TIME");
		return;
	}
	const char *value = str_skip_blanks(equals + 1);
	size_t n = strlen(value);
	while (n && (value[n - 1] == ' ' || value[n - 1] == '\t' || value[n - 1] == '\r'))
		((char *)(uintptr_t)value)[--n] = '\0';
	for (*equals = '\0'; equals > name && (equals[-1] == ' ' || equals[-1] == '\t');)
		*--equals = '\0';
	if (!*value)
		diag_error(d, at, "nothing stands behind =");
	else if (str_eq(name, "ask"))
		read_pattern(r, d, at, value);
	else if (str_eq(name, "idle"))
		read_time(d, at, value, 24 * HOUR_MS, &r->idle_ms);
	else if (str_eq(name, "stagger"))
		read_time(d, at, value, HOUR_MS, &r->stagger_ms);
	else if (str_nearest(name, names))
		diag_error(
		    d, at, "no '%s' here; did you mean '%s'?", name, str_nearest(name, names));
	else
		diag_error(d, at, "no '%s' here; there are ask, idle and stagger", name);
}

void
terms_rules_read(
    struct terms_rules *r, const char *file, const char *text, size_t len, struct diag *d)
{
	struct mark at = { .file = file, .line = 0 };

	if (!utf8_valid(text, len) || memchr(text, '\0', len)) {
		diag_error(d, at, "not a text in UTF-8");
		return;
	}
	at.col = 1;
	while (len) {
		const char *nl = memchr(text, '\n', len);
		size_t n = nl ? (size_t)(nl - text) : len;
		autofree char *line = xmemdup0(text, n);

		at.line++;
		read_line(r, d, at, line);
		n += nl != NULL;
		text += n;
		len -= n;
	}
}

int
terms_rules_load(struct terms_rules *r, struct diag *d, struct err *err)
{
	autofree char *dir = file_config_dir();
	autofree char *path = file_join(dir, "terms.conf");
	size_t len;

	if (!file_exists(path))
		return 0;
	autofree char *text = file_read(path, CONF_MAX, &len, err);
	if (!text)
		return -1;
	terms_rules_read(r, path, text, len, d);
	if (!d->errors)
		return 0;
	return err_set(err, OUTCOME_INPUT, "%s has mistakes", path);
}
