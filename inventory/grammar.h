/*
 * What names may be: hosts, users, groups, fleets. Pure.
 *
 * Each returns NULL when the text is good, else what it should have been. Checked
 * where a name enters, so that no odd one reaches a resolver, an argv or a path.
 */
#ifndef DROVER_INVENTORY_GRAMMAR_H
#define DROVER_INVENTORY_GRAMMAR_H

const char *grammar_host(const char *s);    /* also an address */
const char *grammar_address(const char *s); /* a host, or IPv6 with a zone */
const char *grammar_user(const char *s);
const char *grammar_group(const char *s); /* also a fleet */
const char *grammar_jump(const char *s);  /* [user@]host[:port], joined by commas */
const char *grammar_path(const char *s);
const char *grammar_command(const char *s);
const char *grammar_host_key(const char *s); /* "ssh-ed25519 AAAA..." with an optional comment */

#endif
