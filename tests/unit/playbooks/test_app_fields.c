/* What is said of an app in a playbook, as it arrives in its units. */
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/resource.h"
#include "tests/lib/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SHOP "apps:\n  shop:\n    image: localhost/shop\n"

static const char *
text_of(struct desk *d, const char *id)
{
	return desk_wanted(d, id)->content;
}

static void
holds(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in:\n%s", part, text);
}

static void
lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" in:\n%s", part, text);
}

static void
wrong(struct desk *d, const char *fields, const char *said)
{
	autofree char *text = xasprintf(SHOP "%s", fields);

	buf_clear(&d->said);
	assert_false(desk_desire(d, text));
	assert_string_equal(buf_text(&d->said), said);
	diag_fini(&d->diag);
}

static void
how_it_runs_is_filled_in_for_each_host(void **state)
{
	struct desk *d = *state;

	assert_true(desk_desire(d, SHOP "    restart: no\n"
					"    stop: {signal: SIGUSR1, timeout: 90s}\n"
					"    user: \"{{ uid }}:1000\"\n"
					"    workdir: /srv/{{ host }}\n"
					"    labels: {tier: \"{{ host }}\", a.b/c: \"x y\"}\n"
					"vars: {uid: 4711}\n"));
	const char *text = text_of(d, "unit shop-0.service");

	holds(text, "\nRestart=no\n");
	holds(text, "--stop-signal=SIGUSR1 ");
	holds(text, "--stop-timeout=90 ");
	holds(text, "\nTimeoutStopSec=120\n");
	holds(text, "--user=4711:1000 ");
	autofree char *workdir = xasprintf("--workdir=/srv/%s ", d->host.name);
	autofree char *label = xasprintf("--label=tier=%s ", d->host.name);
	holds(text, workdir);
	holds(text, label);
	holds(text, "\"--label=a.b/c=x y\" ");
}

static void
what_is_not_said_is_the_images_own(void **state)
{
	struct desk *d = *state;

	assert_true(desk_desire(d, SHOP));
	const char *text = text_of(d, "unit shop-0.service");

	holds(text, "\nRestart=on-failure\n");
	holds(text, "\nTimeoutStopSec=40\n");
	lacks(text, "--user");
	lacks(text, "--workdir");
	lacks(text, "--label");
	lacks(text, "--stop-");
	assert_int_equal(desk_wanted(d, "unit shop-0.service")->limit_ms, 0);
}

static void
mistakes_in_how_it_runs_are_told_at_their_place(void **state)
{
	struct desk *d = *state;

	wrong(d, "    restart: allways\n",
	    "shop.yaml:4:14: restart: no such word \"allways\"; did you mean \"always\"?\n");
	wrong(d, "    stop: {signal: SIGINTT}\n",
	    "shop.yaml:4:20: signal: no such word \"SIGINTT\"; did you mean \"SIGINT\"?\n");
	wrong(d, "    stop: {timeout: 2h}\n",
	    "shop.yaml:4:21: timeout: a duration from 1000ms to 3600s is wanted here, not "
	    "\"2h\"\n");
	wrong(d, "    stop: {timout: 2s}\n",
	    "shop.yaml:4:12: unknown key \"timout\" in stop; did you mean \"timeout\"?\n");
	wrong(d, "    user: \"1000:\"\n",
	    "shop.yaml:4:11: user: USER or USER:GROUP, by number or by name, is wanted here, not "
	    "\"1000:\"\n");
	wrong(d, "    user: \"{{ 'a b' }}\"\n",
	    "shop.yaml:4:12: user: USER or USER:GROUP, by number or by name, is wanted here, not "
	    "\"a b\" (host web1)\n");
	wrong(d, "    workdir: srv\n",
	    "shop.yaml:4:14: workdir: an absolute path without . and .. is wanted here, not "
	    "\"srv\"\n");
	wrong(d, "    labels: {\"a b\": c}\n",
	    "shop.yaml:4:14: labels: a name without blanks and = is wanted here, not \"a b\"\n");
}

static void
ports_are_tcp_or_udp_alone_or_in_a_row_on_several_addresses(void **state)
{
	struct desk *d = *state;

	assert_true(desk_desire(d,
	    SHOP "    replicas: 2\n"
		 "    ports:\n"
		 "      dns: 53/udp\n"
		 "      media: 8000-8010\n"
		 "      rtp: {container: 100-101, host: 9100-9101, protocol: udp}\n"
		 "      web: {container: 80, host: 8080, bind: [127.0.0.1, \"::1\"]}\n"
		 "    health: {tcp: \":media\"}\n"));
	const char *text = text_of(d, "unit shop-1.service");
	const struct resource *r = desk_wanted(d, "unit shop-1.service");

	holds(text, "--publish=0.0.0.0:54:53/udp ");
	holds(text, "--publish=0.0.0.0:8011-8021:8000-8010/tcp ");
	holds(text, "--publish=0.0.0.0:9102-9103:100-101/udp ");
	holds(text, "--publish=127.0.0.1:8081:80/tcp ");
	holds(text, "\"--publish=[::1]:8081:80/tcp\" ");
	holds(text, "--env=PORT_DNS=53 ");
	holds(text, "--env=PORT_DNS_PROTOCOL=udp ");
	holds(text, "--env=PORT_MEDIA=8000 ");
	holds(text, "--env=PORT_MEDIA_LAST=8010 ");
	lacks(text, "PORT_MEDIA_PROTOCOL");
	lacks(text, "PORT_WEB_LAST");
	assert_int_equal(r->health.port, 8011);
	assert_string_equal(r->notes[0], "publishes 0.0.0.0:54/udp (dns of shop)");
	assert_string_equal(r->notes[1], "publishes 0.0.0.0:8011-8021 (media of shop)");
	assert_string_equal(r->notes[2], "publishes 0.0.0.0:9102-9103/udp (rtp of shop)");
	assert_string_equal(r->notes[3], "publishes 127.0.0.1:8081 (web of shop)");
	assert_string_equal(r->notes[4], "publishes [::1]:8081 (web of shop)");
	holds(text_of(d, "file /etc/drover/apps/shop/resources-1.json"),
	    "\"media\":{\"protocol\":\"tcp\",\"container\":8000,\"host\":8011,\"count\":11,"
	    "\"bind\":[\"0.0.0.0\"]}");
}

static void
a_port_of_udp_is_another_than_that_of_tcp(void **state)
{
	struct desk *d = *state;

	assert_true(desk_desire(d, SHOP "    ports: {dns: 53/udp, zone: 53/tcp}\n"));
	wrong(d, "    replicas: 2\n    ports: {a: 8000-8003, b: {container: 1, host: 8007}}\n",
	    "shop.yaml:5:27: ports: b of shop (8007 to 8008) overlaps a of shop (8000 to 8007), "
	    "line 5\n");
	wrong(d, "    ports: {a: 1000-1003/udp, b: 1003/udp}\n",
	    "shop.yaml:4:31: ports: b of shop (1003 to 1003) overlaps a of shop (1000 to 1003), "
	    "line 4\n");
}

static void
mistakes_in_ports_are_told_at_their_place(void **state)
{
	struct desk *d = *state;

	wrong(d, "    ports: {a: 9000-8000}\n",
	    "shop.yaml:4:16: port: a port (1 to 65535) or a range of at most 1000 (8000-8010) is "
	    "wanted here, not \"9000-8000\"\n");
	wrong(d, "    ports: {a: 1-1001}\n",
	    "shop.yaml:4:16: port: a port (1 to 65535) or a range of at most 1000 (8000-8010) is "
	    "wanted here, not \"1-1001\"\n");
	wrong(d, "    ports: {a: 53/sctp}\n",
	    "shop.yaml:4:16: port: /tcp or /udp is wanted here, not \"/sctp\"\n");
	wrong(d, "    ports: {a: 65536}\n",
	    "shop.yaml:4:16: port: a port (1 to 65535) is wanted here, not \"65536\"\n");
	wrong(d, "    ports: {a: {container: 53/udp}}\n",
	    "shop.yaml:4:28: container: a port (1 to 65535) is wanted here, not \"53/udp\"\n");
	wrong(d, "    ports: {a: {container: 53, protocol: upd}}\n",
	    "shop.yaml:4:42: protocol: no such word \"upd\"; did you mean \"udp\"?\n");
	wrong(d, "    ports: {a: {container: 10-19, host: 80-88}}\n",
	    "shop.yaml:4:41: host: 9 ports cannot stand for 10 of the container\n");
	wrong(d, "    ports: {a: {container: 10, bind: [127.0.0.1, 0.0.0.0]}}\n",
	    "shop.yaml:4:50: bind: 0.0.0.0 overlaps 127.0.0.1\n");
	wrong(d, "    ports: {a: {container: 10, bind: []}}\n",
	    "shop.yaml:4:13: bind: an address is wanted here\n");
	wrong(d, "    replicas: 2\n    ports: {a: {container: 10-19, host: 65520}}\n",
	    "shop.yaml:5:13: ports: with 2 replicas a goes past port 65535\n");
	wrong(d, "    ports: {a: 10-19, a-last: 80}\n",
	    "shop.yaml:4:23: ports: by its name a-last would be told in the place of the last of "
	    "a\n");
	wrong(d, "    ports: {dns: 53/udp}\n    health: {tcp: \":dns\"}\n",
	    "shop.yaml:5:13: health: dns is udp, where nothing tells whether it is well\n");
}

static void
an_app_has_volumes_directories_and_memory(void **state)
{
	struct desk *d = *state;

	assert_true(desk_desire(d, SHOP "    files:\n"
					"      /data: {volume: data}\n"
					"      /ref: {volume: ref, mode: ro}\n"
					"      /srv/in: {dir: \"/srv/{{ host }}\"}\n"
					"      /srv/out: {dir: /srv/out, mode: rw}\n"
					"      /cache: {tmpfs: 64M}\n"
					"      /keys: {tmpfs: 64K, mode: 0700}\n"));
	const char *text = text_of(d, "unit shop-0.service");
	const char *told = text_of(d, "file /etc/drover/apps/shop/resources-0.json");

	holds(text, "  --volume=data:/data \\\n");
	holds(text, "  --volume=ref:/ref:ro \\\n");
	holds(text, "  --volume=/srv/web1:/srv/in:ro \\\n");
	holds(text, "  --volume=/srv/out:/srv/out \\\n");
	holds(text, "  --tmpfs=/cache:size=67108864,mode=1777 \\\n");
	holds(text, "  --tmpfs=/keys:size=65536,mode=0700 \\\n");
	holds(text, "--env=DROVER_READS=/ref:/srv/in ");
	holds(text, "--env=DROVER_WRITES=/data:/srv/out:/cache:/keys ");
	holds(told, "\"/srv/in\":{\"kind\":\"dir\",\"writable\":false}");
	holds(told, "\"/cache\":{\"kind\":\"tmpfs\",\"writable\":true,\"size\":67108864}");
	const struct resource *dir = desk_wanted(d, "dir /srv/web1");
	assert_int_equal(dir->kind, RESOURCE_DIR);
	assert_string_equal(dir->app, "shop");
	assert_true(dir->mode == RESOURCE_KEEP);
	assert_string_equal(d->want[1]->id, "dir /srv/web1");
	assert_string_equal(d->want[2]->id, "dir /srv/out");
}

static void
a_dir_task_says_more_of_the_directory_of_an_app(void **state)
{
	struct desk *d = *state;
	size_t dirs = 0;

	assert_true(
	    desk_desire(d, SHOP "    files: {/a: {dir: /srv/a}, /b: {dir: /srv/a, mode: rw}}\n"
				"  other:\n"
				"    image: localhost/other\n"
				"    files: {/a: {dir: /srv/a}}\n"
				"tasks:\n"
				"  - dir: {path: /srv/a, mode: 0750, owner: \"daemon\"}\n"));
	for (size_t i = 0; i < d->count; i++)
		dirs += d->want[i]->kind == RESOURCE_DIR;
	assert_int_equal(dirs, 1);
	assert_int_equal(desk_wanted(d, "dir /srv/a")->mode, 0750);
	assert_string_equal(desk_wanted(d, "dir /srv/a")->owner, "daemon");
	wrong(d, "    files: {/a: {dir: /srv/a}}\ntasks:\n  - dir: {path: /srv/a, state: absent}\n",
	    "shop.yaml:6:5: /srv/a is declared twice: also at line 4\n");
	wrong(d, "    files: {/a: {dir: /srv/a}}\ntasks:\n  - file: {path: /srv/a, content: x}\n",
	    "shop.yaml:6:5: /srv/a is declared twice: also at line 4\n");
}

static void
mistakes_in_files_are_told_at_their_place(void **state)
{
	struct desk *d = *state;

	wrong(d, "    files: {/a: {tmpfs: 1K}}\n",
	    "shop.yaml:4:25: tmpfs: a size from 65536 bytes is wanted here, not \"1K\"\n");
	wrong(d, "    files: {/a: {dir: srv}}\n",
	    "shop.yaml:4:23: dir: an absolute path without . and .. is wanted here, not "
	    "\"srv\"\n");
	wrong(d, "    files: {/a: {dir: \"/srv/{{ 'a:b' }}\"}}\n",
	    "shop.yaml:4:24: dir: a path without : and , is wanted here, not \"/srv/a:b\" (host "
	    "web1)\n");
	wrong(d, "    files: {/a: {dir: /srv, mode: 0755}}\n",
	    "shop.yaml:4:35: mode: ro or rw is wanted here, not \"0755\"\n");
	wrong(d, "    files: {/a: {content: x, mode: rw}}\n",
	    "shop.yaml:4:36: mode: a file mode in octal (0644) is wanted here, not \"rw\"\n");
	wrong(d, "    files: {/a: {dir: /proc/1}}\n",
	    "shop.yaml:4:13: /proc/1: the kernel makes what stands there (host web1)\n");
	wrong(d, "    files: {/a: {dir: /srv, volume: x}}\n",
	    "shop.yaml:4:17: files: one of template, content, file, volume, dir and tmpfs is "
	    "wanted here\n");
	wrong(d, "    files: {/a: {volume: /srv}}\n",
	    "shop.yaml:4:26: volume: a name is wanted here, not \"/srv\" (of the host's "
	    "directories: dir)\n");
}

static size_t
place_of(const struct desk *d, const char *id)
{
	for (size_t i = 0; i < d->count; i++)
		if (str_eq(d->want[i]->id, id))
			return i;
	fail_msg("%s is not wanted", id);
	return 0;
}

static void
what_an_app_needs_starts_in_front_of_it(void **state)
{
	struct desk *d = *state;

	assert_true(desk_desire(d, "apps:\n"
				   "  shop: {image: localhost/a, needs: [cache, db]}\n"
				   "  db: {image: localhost/a, replicas: 2}\n"
				   "  mail: {image: localhost/a}\n"
				   "  cache: {image: localhost/a, needs: db}\n"));
	assert_true(place_of(d, "unit db-1.service") < place_of(d, "unit cache-0.service"));
	assert_true(place_of(d, "unit cache-0.service") < place_of(d, "unit shop-0.service"));
	assert_true(place_of(d, "unit shop-0.service") < place_of(d, "unit mail-0.service"));
	const char *text = text_of(d, "unit shop-0.service");

	holds(text, "\nWants=cache-0.service db-0.service db-1.service\n"
		    "After=cache-0.service db-0.service db-1.service\n");
	lacks(text_of(d, "unit mail-0.service"), "db-0");
	assert_string_equal(desk_wanted(d, "unit shop-0.service")->notes[0],
	    "shop starts behind cache, which it needs");
}

static void
what_an_app_needs_may_be_on_another_host(void **state)
{
	struct desk *d = *state;

	assert_true(desk_desire(d, "apps:\n"
				   "  shop: {image: localhost/a, needs: [cache]}\n"
				   "  cache: {image: localhost/a, when: host == \"db1\"}\n"));
	const struct resource *r = desk_wanted(d, "unit shop-0.service");

	lacks(r->content, "cache");
	assert_string_equal(r->notes[0],
	    "shop needs cache, which is not on this host: hosts of this run that have it change "
	    "before it");
}

static void
a_circle_of_needs_and_a_misspelt_one_are_refused(void **state)
{
	struct desk *d = *state;

	assert_false(desk_load(d, "apps:\n"
				  "  a: {image: localhost/a, needs: [d, b]}\n"
				  "  b: {image: localhost/a, needs: [c]}\n"
				  "  c: {image: localhost/a, needs: [b]}\n"
				  "  d: {image: localhost/a, needs: [d]}\n"
				  "  cache: {image: localhost/a}\n"
				  "  shop: {image: localhost/a, needs: [cahce, zebra]}\n"));
	assert_string_equal(buf_text(&d->said),
	    "shop.yaml:4:35: needs: a circle: b needs c needs b\n"
	    "shop.yaml:5:35: needs: a circle: d needs d\n"
	    "shop.yaml:7:38: needs: there is no app \"cahce\" in this playbook; did you mean "
	    "\"cache\"?\n"
	    "shop.yaml:7:45: needs: there is no app \"zebra\" in this playbook\n");
}

#define with_desk(test) cmocka_unit_test_setup_teardown(test, desk_set_up, desk_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_desk(how_it_runs_is_filled_in_for_each_host),
		with_desk(what_is_not_said_is_the_images_own),
		with_desk(mistakes_in_how_it_runs_are_told_at_their_place),
		with_desk(ports_are_tcp_or_udp_alone_or_in_a_row_on_several_addresses),
		with_desk(a_port_of_udp_is_another_than_that_of_tcp),
		with_desk(mistakes_in_ports_are_told_at_their_place),
		with_desk(an_app_has_volumes_directories_and_memory),
		with_desk(a_dir_task_says_more_of_the_directory_of_an_app),
		with_desk(mistakes_in_files_are_told_at_their_place),
		with_desk(what_an_app_needs_starts_in_front_of_it),
		with_desk(what_an_app_needs_may_be_on_another_host),
		with_desk(a_circle_of_needs_and_a_misspelt_one_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
