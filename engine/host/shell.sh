#!/bin/sh
# A login shell, at home, of whoever this is: what a person types to who became another user.
drover=$(getent passwd "$(id -u)" 2>/dev/null || grep "^[^:]*:[^:]*:$(id -u):" /etc/passwd)
SHELL=${drover##*:}
[ -x "$SHELL" ] || SHELL=/bin/sh
export SHELL
unset drover
cd 2>/dev/null || cd /
exec "$SHELL" -l
