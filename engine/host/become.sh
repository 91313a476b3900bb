#!/bin/sh
# Becomes another user of this host, then runs the program that comes as the first line of standard
# input, as printf's %b reads it. Until that line nothing is done, and nothing but a password is read.
# Arguments: nonce, sudo|doas|su|run0, user, ask|quiet (is there a password to give?), terminal|-,
# own|any (own: root may stay root). Says on both outputs "NONCE here" when what the login prints has
# ended and "NONCE go" as that user, on standard output "NONCE absent" when the method is not there.
nonce=$1 method=$2 user=$3 how=$4 where=$5 whose=$6
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C LANGUAGE=C
export PATH LC_ALL LANGUAGE
inner="printf '\\n%s go\\n' $nonce >&2"
if [ "$where" != terminal ]; then
	printf '\n%s here\n' "$nonce" >&2
else
	stty raw -echo -onlcr
	inner="stty raw -echo -onlcr"
fi
inner="$inner;unset LC_ALL LANGUAGE;printf '\\n%s go\\n' $nonce;IFS= read -r drover&&eval \"\$(printf %b \"\$drover\")\""
printf '\n%s here\n' "$nonce"
uid=$(id -u)
if [ "$uid" = "$(id -u "$user" 2>/dev/null)" ] || { [ "$uid" = 0 ] && [ "$whose" = own ]; }; then
	exec sh -c "$inner"
fi
command -v "$method" >/dev/null 2>&1 || {
	printf '\n%s absent\n' "$nonce"
	exit 1
}
case $method.$how.$where in
sudo.ask.*) exec sudo -S -k -H -p "$nonce asks:" -u "$user" -- sh -c "$inner" ;;
sudo.*) exec sudo -n -H -u "$user" -- sh -c "$inner" ;;
doas.ask.terminal) exec doas -u "$user" -- sh -c "$inner" ;;
doas.*) exec doas -n -u "$user" -- sh -c "$inner" ;;
su.*) exec su -s /bin/sh -c "$inner" "$user" ;;
run0.*) exec run0 --no-ask-password --user="$user" -- sh -c "$inner" ;;
esac
