#include "base/git.h"
#include "base/mem.h"
#include "base/str.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

/* A shell in a new directory, with a git that knows nobody's configuration. */
static int
shell(const char *dir, const char *script)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
		setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
		setenv("GIT_AUTHOR_NAME", "a", 1);
		setenv("GIT_AUTHOR_EMAIL", "a@example.org", 1);
		setenv("GIT_COMMITTER_NAME", "a", 1);
		setenv("GIT_COMMITTER_EMAIL", "a@example.org", 1);
		if (chdir(dir) == 0)
			execl("/bin/sh", "sh", "-ec", script, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return status;
}

static int
set_up(void **state)
{
	char dir[] = "/tmp/drover-git-XXXXXX";

	*state = mkdtemp(dir) ? xstrdup(dir) : NULL;
	return *state ? 0 : -1;
}

static int
tear_down(void **state)
{
	autofree char *dir = *state;
	autofree char *script = xasprintf("rm -rf '%s'", dir);

	return shell("/", script);
}

static void
a_path_outside_any_repository_has_no_state(void **state)
{
	struct git_state s;

	assert_false(git_state(*state, &s));
	assert_null(git_describe(*state));
	assert_false(git_state("/nowhere/at/all", &s));
}

static void
commit_branch_and_changes_are_told(void **state)
{
	const char *dir = *state;
	struct git_state s;
	autofree char *file = xasprintf("%s/sub/inventory.yaml", dir);

	assert_int_equal(
	    shell(dir, "git init -q -b trunk; mkdir sub; echo a >sub/inventory.yaml"), 0);
	assert_true(git_state(file, &s));
	assert_string_equal(s.head, "");
	assert_string_equal(s.branch, "trunk");
	assert_true(s.dirty);

	assert_int_equal(shell(dir, "git add .; git commit -qm one; "
				    "git rev-parse HEAD | tr -d '\\n' >.git/told"),
	    0);
	assert_true(git_state(file, &s));
	assert_int_equal(strlen(s.head), 40);
	assert_false(s.dirty);
	autofree char *told = xasprintf("%s/.git/told", dir);
	char want[65] = "";
	autofclose FILE *f = fopen(told, "r");
	assert_non_null(f);
	assert_non_null(fgets(want, sizeof(want), f));
	assert_string_equal(s.head, want);

	assert_int_equal(shell(dir, "echo b >sub/inventory.yaml"), 0);
	assert_true(git_state(file, &s));
	assert_true(s.dirty);
	autofree char *text = git_describe(file);
	autofree char *wanted = xasprintf("trunk %.12s dirty", want);
	assert_string_equal(text, wanted);

	assert_int_equal(shell(dir, "git checkout -q sub; git checkout -q --detach"), 0);
	assert_true(git_state(file, &s));
	assert_string_equal(s.branch, "");
	assert_false(s.dirty);
}

static void
ignored_files_are_not_dirt_and_untracked_ones_are(void **state)
{
	const char *dir = *state;
	struct git_state s;

	assert_int_equal(
	    shell(dir, "git init -q; echo '*.o' >.gitignore; git add .; git commit -qm one; >x.o"),
	    0);
	assert_true(git_state(dir, &s));
	assert_false(s.dirty);
	assert_int_equal(shell(dir, ">new"), 0);
	assert_true(git_state(dir, &s));
	assert_true(s.dirty);
}

static void
a_repository_of_another_user_is_read(void **state)
{
	const char *dir = *state;
	struct git_state s;

	assert_int_equal(shell(dir, "git init -q; >a; git add .; git commit -qm one"), 0);
	if (geteuid() == 0)
		assert_int_equal(shell(dir, "chown -R 12345 ."), 0);
	assert_true(git_state(dir, &s));
	assert_int_equal(strlen(s.head), 40);
}

#define git_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		git_test(a_path_outside_any_repository_has_no_state),
		git_test(commit_branch_and_changes_are_told),
		git_test(ignored_files_are_not_dirt_and_untracked_ones_are),
		git_test(a_repository_of_another_user_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
