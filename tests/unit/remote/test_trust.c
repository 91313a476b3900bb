#include "base/diag.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/trust.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cmocka.h>

struct fixture {
	char dir[64];
	char *own;
	struct trust *trust;
	struct err err;
};

/* A public key of a type, told from others by its number. */
struct blob {
	uint8_t bytes[128];
	size_t len;
	const char *type;
};

static struct blob
key_of(const char *type, int number)
{
	struct blob b = { .type = type };
	size_t n = strlen(type);

	b.bytes[3] = (uint8_t)n;
	memcpy(b.bytes + 4, type, n);
	b.bytes[4 + n + 3] = 32;
	memset(b.bytes + 8 + n, number, 32);
	b.len = 8 + n + 32;
	return b;
}

static char *
line_of(const char *names, const struct blob *b)
{
	autofree char *key = digest_base64(b->bytes, b->len);

	return xasprintf("%s %s %s\n", names, b->type, key);
}

static int
set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	str_copy(f->dir, sizeof(f->dir), "/tmp/drover-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->own = xasprintf("%s/deep/known_hosts", f->dir);
	f->trust = trust_new(f->own, NULL, &f->err);
	assert_non_null(f->trust);
	*state = f;
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)st;
	(void)flag;
	(void)at;
	return remove(path);
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	trust_free(f->trust);
	nftw(f->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(f->own);
	free(f);
	return 0;
}

static void
know(struct fixture *f, const char *names, const struct blob *b)
{
	autofree char *line = line_of(names, b);

	trust_parse(f->trust, "test", line, strlen(line));
}

static struct trust_answer
check(struct fixture *f, const struct trust_subject *s, const struct blob *b)
{
	struct trust_answer a;

	trust_check(f->trust, s, b->bytes, b->len, &a);
	return a;
}

static enum trust_verdict
verdict(struct fixture *f, const char *host, int port, const struct blob *b)
{
	return check(f, &(struct trust_subject){ .host = host, .port = port }, b).verdict;
}

static void
a_key_is_known_by_its_bytes(void **state)
{
	struct fixture *f = *state;
	struct blob one = key_of("ssh-ed25519", 1), two = key_of("ssh-ed25519", 2),
		    rsa = key_of("ssh-rsa", 1);

	assert_int_equal(verdict(f, "web1", 22, &one), TRUST_UNKNOWN);
	know(f, "web1,10.0.0.1", &one);
	assert_int_equal(verdict(f, "web1", 22, &one), TRUST_KNOWN);
	assert_int_equal(verdict(f, "WEB1", 22, &one), TRUST_KNOWN);
	assert_int_equal(verdict(f, "10.0.0.1", 0, &one), TRUST_KNOWN);
	assert_int_equal(verdict(f, "web1", 22, &two), TRUST_CHANGED);
	assert_int_equal(verdict(f, "web1", 22, &rsa), TRUST_CHANGED);
	assert_int_equal(verdict(f, "web2", 22, &one), TRUST_UNKNOWN);
	know(f, "web1", &rsa);
	assert_int_equal(verdict(f, "web1", 22, &rsa), TRUST_KNOWN);
	assert_int_equal(verdict(f, "web1", 22, &one), TRUST_KNOWN);
}

static void
the_answer_names_both_keys_and_the_place(void **state)
{
	struct fixture *f = *state;
	struct blob one = key_of("ssh-ed25519", 1), two = key_of("ssh-ed25519", 2),
		    rsa = key_of("ssh-rsa", 1);
	struct trust_subject s = { .name = "web1", .host = "10.0.0.1", .port = 22 };
	char fp[64], want[400];

	know(f, "10.0.0.1", &one);
	struct trust_answer a = check(f, &s, &two);
	trust_fingerprint(one.bytes, one.len, fp);
	assert_string_equal(a.type, "ssh-ed25519");
	snprintf(want, sizeof(want),
	    "host key CHANGED: it shows ssh-ed25519 %s, known is ssh-ed25519 %s (test:1); if it is "
	    "right: drover trust replace web1",
	    a.fingerprint, fp);
	assert_string_equal(a.text, want);
	assert_non_null(strstr(check(f, &s, &rsa).text, "is of another type than the known one"));
	s.host = "10.0.0.2";
	a = check(f, &s, &one);
	snprintf(want, sizeof(want),
	    "host key is not known: ssh-ed25519 %s; drover trust add web1 shows it and asks", fp);
	assert_string_equal(a.text, want);
}

static void
ports_count_as_openssh_counts_them(void **state)
{
	struct fixture *f = *state;
	struct blob one = key_of("ssh-ed25519", 1), two = key_of("ssh-ed25519", 2);

	know(f, "web1", &one);
	assert_int_equal(verdict(f, "web1", 2222, &one), TRUST_KNOWN);
	assert_int_equal(verdict(f, "web1", 2222, &two), TRUST_UNKNOWN);
	know(f, "[web1]:2222", &two);
	assert_int_equal(verdict(f, "web1", 2222, &two), TRUST_KNOWN);
	assert_int_equal(verdict(f, "web1", 2222, &one), TRUST_CHANGED);
	assert_int_equal(verdict(f, "web1", 22, &two), TRUST_CHANGED);
	assert_int_equal(verdict(f, "web1", 2223, &two), TRUST_UNKNOWN);
}

static void
patterns_and_their_negations_hold(void **state)
{
	struct fixture *f = *state;
	struct blob one = key_of("ssh-ed25519", 1), two = key_of("ssh-ed25519", 2);

	know(f, "*.example.org,!bad.example.org,10.0.?.1", &one);
	know(f, "[*.example.org]:2222", &two);
	assert_int_equal(verdict(f, "a.example.org", 22, &one), TRUST_KNOWN);
	assert_int_equal(verdict(f, "A.Example.ORG", 22, &one), TRUST_KNOWN);
	assert_int_equal(verdict(f, "bad.example.org", 22, &one), TRUST_UNKNOWN);
	assert_int_equal(verdict(f, "10.0.7.1", 22, &one), TRUST_KNOWN);
	assert_int_equal(verdict(f, "10.0.77.1", 22, &one), TRUST_UNKNOWN);
	assert_int_equal(verdict(f, "a.example.org", 22, &two), TRUST_CHANGED);
	assert_int_equal(verdict(f, "a.example.org", 2222, &two), TRUST_KNOWN);
	assert_int_equal(verdict(f, "w", 2222, &two), TRUST_UNKNOWN);
}

static void
run_keygen(const char *arguments, const char *path)
{
	autofree char *command = xasprintf("ssh-keygen -q %s -f %s 2>&1", arguments, path);
	FILE *p = popen(command, "r");
	char drain[512];

	assert_non_null(p);
	while (fgets(drain, sizeof(drain), p))
		;
	assert_int_equal(pclose(p), 0);
}

static void
hashed_names_made_by_ssh_keygen_are_found(void **state)
{
	struct fixture *f = *state;
	struct blob one = key_of("ssh-ed25519", 1), two = key_of("ssh-ed25519", 2);
	autofree char *path = xasprintf("%s/hashed", f->dir);
	autofree char *a = line_of("web1", &one);
	autofree char *b = line_of("[web2]:2222", &two);
	autofree char *both = xasprintf("%s%s", a, b);
	const char *files[] = { path, NULL };
	struct trust_subject s = { .host = "web1", .port = 22, .files = files };

	assert_int_equal(file_replace(path, both, strlen(both), 0600, &f->err), 0);
	run_keygen("-H", path);
	autofree char *hashed = file_read(path, 9999, NULL, &f->err);
	assert_null(strstr(hashed, "web"));
	assert_int_equal(check(f, &s, &one).verdict, TRUST_KNOWN);
	assert_int_equal(check(f, &s, &two).verdict, TRUST_CHANGED);
	s = (struct trust_subject){ .host = "web2", .port = 2222, .files = files };
	assert_int_equal(check(f, &s, &two).verdict, TRUST_KNOWN);
	assert_int_equal(check(f, &s, &one).verdict, TRUST_CHANGED);
	s.host = "web3";
	assert_int_equal(check(f, &s, &one).verdict, TRUST_UNKNOWN);
	s.files = NULL; /* another host's files do not speak for this one */
	s.host = "web2";
	assert_int_equal(check(f, &s, &two).verdict, TRUST_UNKNOWN);
}

static void
a_revoked_key_is_refused_before_all_else(void **state)
{
	struct fixture *f = *state;
	struct blob one = key_of("ssh-ed25519", 1);
	char host_key[200];
	autofree char *text = digest_base64(one.bytes, one.len);
	snprintf(host_key, sizeof(host_key), "ssh-ed25519 %s", text);
	const char *keys[] = { host_key, NULL };
	struct trust_subject s = { .host = "web1", .host_keys = keys };

	know(f, "web1", &one);
	assert_int_equal(check(f, &s, &one).verdict, TRUST_KNOWN);
	know(f, "@revoked somebody-else", &one);
	assert_int_equal(check(f, &s, &one).verdict, TRUST_REVOKED);
	assert_non_null(
	    strstr(check(f, &s, &one).text, "host key is revoked: ssh-ed25519 SHA256:"));
	assert_int_equal(trust_add(f->trust, &s, one.bytes, one.len, &f->err), -1);
	assert_int_equal(f->err.kind, OUTCOME_REFUSED);
	assert_int_equal(trust_replace(f->trust, &s, one.bytes, one.len, &f->err), -1);
}

static void
a_certificate_authority_is_named_and_not_believed(void **state)
{
	struct fixture *f = *state;
	struct blob ca = key_of("ssh-ed25519", 1), other = key_of("ssh-ed25519", 2);

	know(f, "@cert-authority *.example.org", &ca);
	assert_int_equal(verdict(f, "a.example.org", 22, &ca), TRUST_UNKNOWN);
	struct trust_subject s = { .host = "a.example.org" };
	assert_non_null(strstr(check(f, &s, &other).text, "(@cert-authority at test:1: host"));
}

static void
an_alias_stands_alone_and_without_a_port(void **state)
{
	struct fixture *f = *state;
	struct blob one = key_of("ssh-ed25519", 1), two = key_of("ssh-ed25519", 2);
	struct trust_subject s = {
		.name = "web1", .host = "10.0.0.1", .alias = "Herd", .port = 2222
	};

	know(f, "10.0.0.1,web1,[10.0.0.1]:2222", &one);
	assert_int_equal(check(f, &s, &one).verdict, TRUST_UNKNOWN);
	know(f, "herd", &two);
	assert_int_equal(check(f, &s, &two).verdict, TRUST_KNOWN);
	assert_int_equal(check(f, &s, &one).verdict, TRUST_CHANGED);
}

static void
the_inventorys_name_is_asked_when_the_address_says_nothing(void **state)
{
	struct fixture *f = *state;
	struct blob one = key_of("ssh-ed25519", 1), two = key_of("ssh-ed25519", 2);
	struct trust_subject s = { .name = "web1", .host = "10.0.0.1", .port = 2222 };

	know(f, "web1", &one);
	assert_int_equal(check(f, &s, &one).verdict, TRUST_KNOWN);
	assert_int_equal(check(f, &s, &two).verdict, TRUST_CHANGED);
	know(f, "[10.0.0.1]:2222", &two);
	assert_int_equal(check(f, &s, &two).verdict, TRUST_KNOWN);
	assert_int_equal(check(f, &s, &one).verdict, TRUST_CHANGED);
}

static void
the_inventorys_host_keys_rank_with_the_files(void **state)
{
	struct fixture *f = *state;
	struct blob one = key_of("ssh-ed25519", 1), two = key_of("ssh-rsa", 2),
		    three = key_of("ssh-ed25519", 3);
	char host_key[200];
	autofree char *text = digest_base64(one.bytes, one.len);
	snprintf(host_key, sizeof(host_key), "ssh-ed25519 %s a comment", text);
	const char *keys[] = { host_key, NULL }, *broken[] = { "ssh-ed25519 AAAA", NULL };
	struct trust_subject s = { .host = "web1", .host_keys = keys };

	assert_int_equal(check(f, &s, &one).verdict, TRUST_KNOWN);
	assert_int_equal(check(f, &s, &three).verdict, TRUST_CHANGED);
	know(f, "web1", &two);
	assert_int_equal(check(f, &s, &one).verdict, TRUST_KNOWN);
	assert_int_equal(check(f, &s, &two).verdict, TRUST_KNOWN);
	assert_int_equal(check(f, &s, &three).verdict, TRUST_CHANGED);
	s = (struct trust_subject){ .host = "web9", .host_keys = broken };
	assert_int_equal(check(f, &s, &one).verdict, TRUST_CHANGED); /* never a first use */
}

static void
stored_types_are_asked_for_first(void **state)
{
	struct fixture *f = *state;
	struct blob ecdsa = key_of("ecdsa-sha2-nistp384", 1), rsa = key_of("ssh-rsa", 2);
	struct trust_subject s = { .host = "web1" };

	autofree char *unknown = trust_algorithms(f->trust, &s);
	assert_string_equal(unknown,
	    "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,"
	    "rsa-sha2-512,rsa-sha2-256");
	know(f, "web1", &rsa);
	know(f, "web*", &ecdsa);
	autofree char *known = trust_algorithms(f->trust, &s);
	assert_string_equal(known,
	    "ecdsa-sha2-nistp384,rsa-sha2-512,rsa-sha2-256,ssh-ed25519,ecdsa-sha2-nistp256,"
	    "ecdsa-sha2-nistp521");
}

static void
a_blob_that_is_no_key_is_never_known(void **state)
{
	struct fixture *f = *state;
	struct blob none = { .len = 0 }, junk = { .bytes = { 0, 0, 0, 200, 'x' }, .len = 5 };

	assert_int_equal(verdict(f, "web1", 22, &none), TRUST_CHANGED);
	assert_int_equal(verdict(f, "web1", 22, &junk), TRUST_CHANGED);
	struct trust_subject s = { .host = "web1" };
	assert_int_equal(trust_add(f->trust, &s, junk.bytes, junk.len, &f->err), -1);
}

static void
an_added_key_stays_for_the_next_start(void **state)
{
	struct fixture *f = *state;
	struct blob one = key_of("ssh-ed25519", 1), two = key_of("ssh-ed25519", 2);
	struct trust_subject s = { .name = "web1", .host = "10.0.0.1", .port = 2222 };
	struct stat st;

	assert_int_equal(trust_add(f->trust, &s, one.bytes, one.len, &f->err), 0);
	assert_int_equal(trust_add(f->trust, &s, one.bytes, one.len, &f->err), 0); /* once */
	assert_int_equal(trust_sync(f->trust, &f->err), 0);
	assert_int_equal(stat(f->own, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	autofree char *want = line_of("[10.0.0.1]:2222", &one);
	autofree char *got = file_read(f->own, 9999, NULL, &f->err);
	assert_string_equal(got, want);
	assert_int_equal(check(f, &s, &one).verdict, TRUST_KNOWN);
	assert_int_equal(check(f, &s, &two).verdict, TRUST_CHANGED);
	trust_free(f->trust);
	f->trust = trust_new(f->own, NULL, &f->err);
	assert_int_equal(check(f, &s, &one).verdict, TRUST_KNOWN);
}

static void
two_drovers_see_what_the_other_added(void **state)
{
	struct fixture *f = *state;
	struct blob one = key_of("ssh-ed25519", 1), two = key_of("ssh-ed25519", 2);
	struct trust_subject a = { .host = "a" }, b = { .host = "b" };
	struct trust *other = trust_new(f->own, NULL, &f->err);
	struct trust_answer answer;

	assert_int_equal(trust_add(f->trust, &a, one.bytes, one.len, &f->err), 0);
	assert_int_equal(trust_add(other, &b, two.bytes, two.len, &f->err), 0);
	assert_int_equal(check(f, &b, &two).verdict, TRUST_KNOWN);
	trust_check(other, &a, one.bytes, one.len, &answer);
	assert_int_equal(answer.verdict, TRUST_KNOWN);
	assert_int_equal(trust_remove(other, &a, &f->err), 1);
	assert_int_equal(check(f, &a, &one).verdict, TRUST_UNKNOWN);
	trust_free(other);
}

static void
a_line_cut_short_by_a_crash_costs_nothing_else(void **state)
{
	struct fixture *f = *state;
	struct blob one = key_of("ssh-ed25519", 1), two = key_of("ssh-ed25519", 2);
	struct trust_subject a = { .host = "a" }, b = { .host = "b" };

	assert_int_equal(trust_add(f->trust, &a, one.bytes, one.len, &f->err), 0);
	int fd = open(f->own, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "c ssh-ed2", 9), 9);
	close(fd);
	assert_int_equal(trust_add(f->trust, &b, two.bytes, two.len, &f->err), 0);
	trust_free(f->trust);
	f->trust = trust_new(f->own, NULL, &f->err);
	assert_int_equal(trust_diag(f->trust)->warnings, 1);
	assert_int_equal(check(f, &a, &one).verdict, TRUST_KNOWN);
	assert_int_equal(check(f, &b, &two).verdict, TRUST_KNOWN);
}

static void
removing_takes_the_name_and_leaves_the_rest(void **state)
{
	struct fixture *f = *state;
	struct blob one = key_of("ssh-ed25519", 1), two = key_of("ssh-rsa", 2),
		    bad = key_of("ssh-ed25519", 3);
	autofree char *l1 = line_of("a,b", &one);
	autofree char *l2 = line_of("a", &two);
	autofree char *l3 = line_of("@revoked a", &bad);
	autofree char *l4 = line_of("b", &one);
	autofree char *before = xasprintf("# mine\n%s%s%sjunk\n", l1, l2, l3);
	autofree char *after = xasprintf("# mine\n%s%sjunk\n", l4, l3);
	autofree char *dir = file_dir(f->own);
	struct trust_subject s = { .host = "a" }, none = { .host = "z" };

	assert_int_equal(file_mkdirs(dir, &f->err), 0);
	assert_int_equal(file_replace(f->own, before, strlen(before), 0600, &f->err), 0);
	assert_int_equal(trust_remove(f->trust, &none, &f->err), 0);
	assert_int_equal(trust_remove(f->trust, &s, &f->err), 2);
	autofree char *got = file_read(f->own, 9999, NULL, &f->err);
	assert_string_equal(got, after);
}

static void
replacing_is_the_way_out_of_a_changed_key(void **state)
{
	struct fixture *f = *state;
	struct blob one = key_of("ssh-ed25519", 1), two = key_of("ssh-ed25519", 2);
	struct trust_subject s = { .host = "a", .port = 2200 };

	assert_int_equal(trust_add(f->trust, &s, one.bytes, one.len, &f->err), 0);
	assert_int_equal(check(f, &s, &two).verdict, TRUST_CHANGED);
	assert_int_equal(trust_replace(f->trust, &s, two.bytes, two.len, &f->err), 0);
	assert_int_equal(check(f, &s, &two).verdict, TRUST_KNOWN);
	assert_int_equal(check(f, &s, &one).verdict, TRUST_CHANGED);
}

static void
a_file_that_others_may_write_is_refused(void **state)
{
	struct fixture *f = *state;
	struct blob one = key_of("ssh-ed25519", 1);
	struct trust_subject s = { .host = "a" };

	assert_int_equal(trust_add(f->trust, &s, one.bytes, one.len, &f->err), 0);
	assert_int_equal(chmod(f->own, 0666), 0);
	assert_null(trust_new(f->own, NULL, &f->err));
	assert_int_equal(f->err.kind, OUTCOME_REFUSED);
}

static void
a_lock_that_is_kept_is_an_error_and_not_a_hang(void **state)
{
	struct fixture *f = *state;
	struct blob one = key_of("ssh-ed25519", 1);
	struct trust_subject s = { .host = "a" };
	autofree char *path = xasprintf("%s.lock", f->own);

	assert_int_equal(trust_add(f->trust, &s, one.bytes, one.len, &f->err), 0);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(trust_remove(f->trust, &s, &f->err), -1);
	assert_int_equal(f->err.kind, OUTCOME_STORAGE);
	close(fd);
}

static void
a_missing_file_of_the_inventory_is_an_error(void **state)
{
	struct fixture *f = *state;
	const char *files[] = { "/nonexistent/known_hosts", NULL };

	assert_null(trust_new(f->own, files, &f->err));
	assert_int_equal(f->err.kind, OUTCOME_INPUT);
}

static void
names_that_would_say_more_than_one_host_are_not_written(void **state)
{
	static const char *const bad[] = { "*", "a,b", "a b", "!a", "|1|a", "@revoked", "a\nb",
		"" };
	struct fixture *f = *state;
	struct blob one = key_of("ssh-ed25519", 1);

	for (size_t i = 0; i < countof(bad); i++) {
		struct trust_subject s = { .host = bad[i] };

		assert_int_equal(trust_add(f->trust, &s, one.bytes, one.len, &f->err), -1);
	}
	assert_false(file_exists(f->own));
}

static void
count_entry(void *user, const struct trust_entry *e)
{
	int *n = user;

	n[e->own]++;
}

static void
lines_can_be_listed_for_all_and_for_one(void **state)
{
	struct fixture *f = *state;
	struct blob one = key_of("ssh-ed25519", 1), two = key_of("ssh-ed25519", 2);
	struct trust_subject a = { .host = "a" };
	int all[2] = { 0 }, of_a[2] = { 0 };

	know(f, "b,c*", &one);
	know(f, "*", &two);
	assert_int_equal(trust_add(f->trust, &a, one.bytes, one.len, &f->err), 0);
	trust_each(f->trust, count_entry, all);
	trust_find(f->trust, &a, count_entry, of_a);
	assert_int_equal(all[0], 2);
	assert_int_equal(all[1], 1);
	assert_int_equal(of_a[0], 1);
	assert_int_equal(of_a[1], 1);
}

#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FILES(a_key_is_known_by_its_bytes),
		WITH_FILES(the_answer_names_both_keys_and_the_place),
		WITH_FILES(ports_count_as_openssh_counts_them),
		WITH_FILES(patterns_and_their_negations_hold),
		WITH_FILES(hashed_names_made_by_ssh_keygen_are_found),
		WITH_FILES(a_revoked_key_is_refused_before_all_else),
		WITH_FILES(a_certificate_authority_is_named_and_not_believed),
		WITH_FILES(an_alias_stands_alone_and_without_a_port),
		WITH_FILES(the_inventorys_name_is_asked_when_the_address_says_nothing),
		WITH_FILES(the_inventorys_host_keys_rank_with_the_files),
		WITH_FILES(stored_types_are_asked_for_first),
		WITH_FILES(a_blob_that_is_no_key_is_never_known),
		WITH_FILES(an_added_key_stays_for_the_next_start),
		WITH_FILES(two_drovers_see_what_the_other_added),
		WITH_FILES(a_line_cut_short_by_a_crash_costs_nothing_else),
		WITH_FILES(removing_takes_the_name_and_leaves_the_rest),
		WITH_FILES(replacing_is_the_way_out_of_a_changed_key),
		WITH_FILES(a_file_that_others_may_write_is_refused),
		WITH_FILES(a_lock_that_is_kept_is_an_error_and_not_a_hang),
		WITH_FILES(a_missing_file_of_the_inventory_is_an_error),
		WITH_FILES(names_that_would_say_more_than_one_host_are_not_written),
		WITH_FILES(lines_can_be_listed_for_all_and_for_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
