/*
 * A PAM module that behaves as some do: asks for a code beside the password, or says
 * aloud what was typed.
 *
 * Argument "code": a prompt of its own. "echo": tells the password that was given.
 */
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <stdlib.h>
#include <string.h>

__attribute__((visibility("default"))) int
pam_sm_authenticate(pam_handle_t *pam, int flags, int argc, const char **argv)
{
	char *code = NULL;
	const void *typed = NULL;

	(void)flags;
	if (argc > 0 && strcmp(argv[0], "code") == 0) {
		if (pam_prompt(pam, PAM_PROMPT_ECHO_ON, &code, "Verification code: ") !=
		    PAM_SUCCESS)
			return PAM_AUTH_ERR;
		int right = code && strcmp(code, "123456") == 0;
		free(code);
		return right ? PAM_SUCCESS : PAM_AUTH_ERR;
	}
	if (pam_get_item(pam, PAM_AUTHTOK, &typed) == PAM_SUCCESS && typed)
		pam_info(pam, "you typed %s", (const char *)typed);
	return PAM_SUCCESS;
}

__attribute__((visibility("default"))) int
pam_sm_setcred(pam_handle_t *pam, int flags, int argc, const char **argv)
{
	(void)pam;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}
