/*
 * What systemd thinks of a unit's text.
 */
#ifndef DROVER_TESTS_LIB_VERIFY_H
#define DROVER_TESTS_LIB_VERIFY_H

/* systemd-analyze verify has no word to say of it, as shop-1.service. Programs that it names are to be here:
 * every `program` in it becomes `instead`, which is no longer. */
void verify_unit(const char *text, const char *program, const char *instead);

#endif
