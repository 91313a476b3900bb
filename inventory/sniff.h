/*
 * What form an inventory file has: drover's own, or one of Ansible's. Pure.
 */
#ifndef DROVER_INVENTORY_SNIFF_H
#define DROVER_INVENTORY_SNIFF_H

#include <stddef.h>

enum form { FORM_DROVER, FORM_ANSIBLE_YAML, FORM_ANSIBLE_LISTING, FORM_ANSIBLE_INI };

/* By the ending of its name, and where that leaves it open by what stands in it. What cannot be told
 * is drover's, whose reader says what is wrong. */
enum form sniff_form(const char *path, const char *text, size_t len);

#endif
