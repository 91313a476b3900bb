# The log file of one replica of an app, kept on its host. Says nothing but what it is asked for.
#   keep CONF               what comes from the pipe (descriptor 3, systemd's) goes to the file, until the unit is told
#                           its end; what is there by then is taken
#   said CONF INVOCATION    the lines since that start of the unit
#   last CONF LINES         the last lines, the second of each in front of it
#   show CONF... -- WORD... what journalctl has by these words, in its export form, and the lines of the files with it
# CONF is /etc/drover/apps/APP/log-N with lines "file PATH", "max BYTES", "keep FILES" and, of a container, "cid PATH".
# In front of it stand logplace.pl, logclaim.pl, logread.pl, logmark.pl, logkeep.pl and logshow.pl.
my ($verb, @arg) = @ARGV;
my %verb = (keep => \&keep_log, said => \&said, last => \&last_lines, show => \&show);
$verb{$verb} or die "keep, said, last or show is wanted\n";
$verb{$verb}->(@arg);
