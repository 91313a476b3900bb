#include "base/diag.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "playbooks/model.h"
#include "playbooks/override.h"
#include "playbooks/playbook.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define PATH "build/test_override.yaml"

static const char book[] = "name: shop\n"
			   "hosts: web1\n"
			   "apps:\n"
			   "  shop:\n"
			   "    image: localhost/shop:1\n"
			   "    ports: {http: 8080, admin: {container: 9000, host: 9100}}\n"
			   "    env: {LOG: info}\n"
			   "    files: {/data: {volume: data}}\n"
			   "tasks:\n"
			   "  - run: [\"true\"]\n"
			   "    creates: /x\n";

static struct playbook *
load_text(const char *text, const struct playbook_given *given, struct diag *d)
{
	struct err err;

	assert_int_equal(file_replace(PATH, text, strlen(text), 0600, &err), 0);
	diag_init(d);
	return playbook_load_given(PATH, given, d);
}

static struct playbook *
load(const struct playbook_given *given, struct diag *d)
{
	return load_text(book, given, d);
}

static struct playbook *
set(const char *text, struct diag *d)
{
	const char *const sets[] = { text, NULL };

	return load(&(struct playbook_given){ .sets = sets }, d);
}

static void
any_field_of_an_app_is_set_by_its_own_rules(void **state)
{
	struct diag d;
	struct playbook *p = set("app.shop.replicas=3", &d);

	(void)state;
	assert_non_null(p);
	assert_int_equal(p->app[0].replicas, 3);
	playbook_free(p);
	p = set("app.shop.env.LOG=debug", &d);
	assert_non_null(p);
	assert_int_equal(p->app[0].env_count, 1);
	playbook_free(p);
	p = set("app.shop.env.MORE=a.b=c", &d);
	assert_non_null(p);
	assert_int_equal(p->app[0].env_count, 2);
	playbook_free(p);
	p = set("app.shop.limits.memory=64M", &d);
	assert_non_null(p);
	assert_int_equal(p->app[0].limits.memory, 64 << 20);
	playbook_free(p);
	p = set("app.shop.ports.admin.host=9200", &d);
	assert_non_null(p);
	assert_int_equal(p->app[0].port[1].host, 9200);
	playbook_free(p);
	p = set("app.shop.files./etc/a.toml={content: x}", &d);
	assert_non_null(p);
	assert_int_equal(p->app[0].file_count, 2);
	playbook_free(p);
}

static void
a_mistake_names_its_option(void **state)
{
	static const struct {
		const char *set, *text;
	} wrong[] = { { "app.shop.replicas=many", "replicas" },
		{ "app.shop.replica=3", "did you mean \"replicas\"" },
		{ "app.shap.replicas=3", "did you mean \"shop\"" },
		{ "app.shop.ports.http.host=1", "cannot be set in it" },
		{ "app.shop.limits.memory=lots", "memory" },
		{ "app.shop=3", "app.NAME.FIELD=VALUE" },
		{ "app..replicas=3", "app.NAME.FIELD=VALUE" },
		{ "replicas=3", "app.NAME.FIELD=VALUE" },
		{ "app.shop.replicas", "app.NAME.FIELD=VALUE" } };
	struct diag d;

	(void)state;
	for (size_t i = 0; i < countof(wrong); i++) {
		assert_null(set(wrong[i].set, &d));
		assert_true(d.count > 0);
		autofree char *line = diag_line(&d, 0);
		if (!strstr(line, wrong[i].text) || !override_is_place(d.item[0].mark.file))
			fail_msg("%s: %s", wrong[i].set, line);
		diag_fini(&d);
	}
}

static void
an_offset_shifts_all_host_ports_and_no_other(void **state)
{
	struct diag d;
	struct playbook *p = load(&(struct playbook_given){ .offset = 100 }, &d);

	(void)state;
	assert_non_null(p);
	assert_int_equal(p->app[0].port[0].host, 8180);
	assert_int_equal(p->app[0].port[0].container, 8080);
	assert_int_equal(p->app[0].port[1].host, 9200);
	playbook_free(p);
	assert_null(load(&(struct playbook_given){ .offset = 60000 }, &d));
	assert_string_equal(d.item[0].mark.file, "--offset");
	diag_fini(&d);
}

static void
a_copy_has_names_and_volumes_of_its_own_and_no_tasks(void **state)
{
	struct diag d;
	struct playbook *p = load(&(struct playbook_given){ .offset = 100, .as = "blue" }, &d);
	size_t n;

	(void)state;
	assert_non_null(p);
	assert_string_equal(playbook_name(p), "shop-blue");
	assert_true(playbook_is_named(p));
	assert_string_equal(p->app[0].name, "shop-blue");
	assert_string_equal(p->app[0].file[0].volume, "data-blue");
	assert_int_equal(p->task_count, 0);
	const char *const *notes = playbook_notes(p, &n);
	assert_int_equal(n, 2);
	assert_string_equal(
	    notes[0], "by the command line: --offset 100, added to the host ports of all apps");
	assert_non_null(strstr(notes[1], "its tasks are not part of it"));
	playbook_free(p);
	assert_null(load(&(struct playbook_given){ .as = "blue" }, &d));
	assert_string_equal(d.item[0].mark.file, "--as");
	assert_non_null(strstr(d.item[0].text, "--offset N"));
	diag_fini(&d);
	assert_null(load(&(struct playbook_given){ .offset = 1, .as = "Blue" }, &d));
	diag_fini(&d);
}

static void
what_an_app_of_a_copy_needs_is_of_the_copy(void **state)
{
	static const char two[] = "apps:\n"
				  "  front: {image: localhost/front, needs: [store, cache]}\n"
				  "  store: {image: localhost/store, needs: cache}\n"
				  "  cache: {image: localhost/cache}\n";
	struct diag d;
	struct playbook *p = load_text(two, &(struct playbook_given){ .as = "blue" }, &d);

	(void)state;
	assert_non_null(p);
	assert_string_equal(p->app[0].name, "cache-blue");
	assert_string_equal(p->app[1].name, "store-blue");
	assert_int_equal(p->app[1].needs.count, 1);
	assert_string_equal(p->app[1].needs.item[0], "cache-blue");
	assert_string_equal(p->app[2].name, "front-blue");
	assert_int_equal(p->app[2].needs.count, 2);
	assert_string_equal(p->app[2].needs.item[0], "store-blue");
	assert_string_equal(p->app[2].needs.item[1], "cache-blue");
	assert_null(p->app[2].needs.item[2]);
	playbook_free(p);
}

static void
no_port_of_a_range_goes_past_the_last(void **state)
{
	static const char ranges[] = "apps:\n"
				     "  shop:\n"
				     "    image: localhost/shop:1\n"
				     "    replicas: 2\n"
				     "    ports: {media: 60000-60999}\n";
	struct diag d;
	struct playbook *p;

	(void)state;
	p = load_text(ranges, &(struct playbook_given){ .offset = 3536 }, &d);
	assert_non_null(p);
	assert_int_equal(p->app[0].port[0].host, 63536);
	playbook_free(p);
	assert_null(load_text(ranges, &(struct playbook_given){ .offset = 3537 }, &d));
	assert_string_equal(d.item[0].mark.file, "--offset");
	diag_fini(&d);
}

static void
the_digest_is_of_what_is_given_and_a_variable_is_told_by_its_name(void **state)
{
	static const char *const vars[] = { "password=secret", NULL };
	struct diag d;
	size_t n;
	struct playbook *plain = load(&(struct playbook_given){ .vars = vars }, &d);
	struct playbook *other = set("app.shop.replicas=3", &d);

	(void)state;
	assert_non_null(plain);
	assert_non_null(other);
	assert_string_not_equal(playbook_digest(plain), playbook_digest(other));
	assert_string_equal(playbook_notes(plain, &n)[0], "by the command line: -e password=...");
	assert_int_equal(n, 1);
	assert_string_equal(
	    playbook_notes(other, &n)[0], "by the command line: --set app.shop.replicas=3");
	playbook_free(plain);
	playbook_free(other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_field_of_an_app_is_set_by_its_own_rules),
		cmocka_unit_test(a_mistake_names_its_option),
		cmocka_unit_test(an_offset_shifts_all_host_ports_and_no_other),
		cmocka_unit_test(a_copy_has_names_and_volumes_of_its_own_and_no_tasks),
		cmocka_unit_test(what_an_app_of_a_copy_needs_is_of_the_copy),
		cmocka_unit_test(no_port_of_a_range_goes_past_the_last),
		cmocka_unit_test(the_digest_is_of_what_is_given_and_a_variable_is_told_by_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
