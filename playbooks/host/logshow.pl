# The lines of log files among those of the journal, in the order of time.
my ($journal, $read, $host, @logs, @told) = (undef, '', '');

sub asked {
	my %q = (lines => 'all', since => 0, until => 0, follow => 0, priority => 7);
	for (@_) {
		$q{$1} = $2 if /^--(lines|since|until|priority|grep|boot|after-cursor)=(.*)$/s;
		$q{follow} = 1 if $_ eq '--follow';
	}
	for my $when (grep { $q{$_} } qw(since until)) {
		if ($q{$when} !~ s/^@(\d+).*$/$1/) {
			open my $in, '-|', 'systemd-analyze', 'timestamp', '--', $q{$when} or die "systemd-analyze: $!\n";
			my ($at) = map { /UNIX seconds: @(\d+)/ } <$in>;
			close $in && defined $at or exit 1;
			$q{$when} = $at;
		}
	}
	if (defined $q{grep}) {
		my $words = $q{grep};
		$q{grep} = eval { $words =~ /[A-Z]/ ? qr/$words/ : qr/$words/i } or die "--grep: $words is no expression\n";
	}
	return \%q;
}

sub booted_s {
	open my $in, '<', '/proc/stat' or die "/proc/stat: $!\n";
	my ($at) = map { /^btime (\d+)/ } <$in>;
	return $at;
}

# Its next entry; nothing: no whole one is there.
sub entry {
	my $at = 0;
	my %got;
	for (;;) {
		my $nl = index $read, "\n", $at;
		return if $nl < 0;
		last if $nl == $at;
		my $line = substr $read, $at, $nl - $at;
		if ($line =~ /^(__CURSOR|__REALTIME_TIMESTAMP)=(.*)/) {
			$got{$1} = $2;
		} elsif ($line ne '' && index($line, '=') < 0) {
			return if length $read < $nl + 9;
			my ($low, $high) = unpack 'VV', substr $read, $nl + 1, 8;
			$nl += 9 + $low;
			return if length $read <= $nl;
		}
		$at = $nl + 1;
	}
	my $text = substr $read, 0, $at + 1, '';
	$text =~ s/^__CURSOR=.*\n//m;
	return [$text, int(($got{__REALTIME_TIMESTAMP} // 0) / 1e6), $got{__CURSOR} // '', 0];
}

# An entry is [TEXT, SECOND, WHERE IT ENDS, SOURCE]; source 0 is the journal. Who was cut off goes on behind it.
sub give {
	my ($entry) = @_;
	$told[$entry->[3]] = $entry->[2];
	print '__CURSOR=', join('|', 'drover', @told), "\n", $entry->[0];
}

sub place_of {
	my ($s) = @_;
	return "$s->{ino}.$s->{off}";
}

sub host_name {
	open my $in, '<', '/proc/sys/kernel/hostname' or return '';
	my $name = readline $in;
	chomp $name;
	return $name;
}

sub line_entry {
	my ($s, $line, $at_s) = @_;
	return "__REALTIME_TIMESTAMP=${at_s}000000\nPRIORITY=6\nSYSLOG_IDENTIFIER=$s->{c}{unit}\n_HOSTNAME=$host\n"
		. "_SYSTEMD_UNIT=$s->{c}{unit}.service\nMESSAGE=$line\n\n";
}

sub wanted {
	my ($q, $line, $at_s) = @_;
	return $q->{priority} >= 6 && $at_s >= $q->{since} && (!$q->{until} || $at_s <= $q->{until})
		&& (!$q->{grep} || $line =~ $q->{grep});
}

sub next_wanted {
	my ($i, $q) = @_;
	my $s = $logs[$i];
	while (my ($line, $at_s) = next_line($s)) {
		$at_s = time if $q->{now};
		return [line_entry($s, $line, $at_s), $at_s, place_of($s), $i + 1] if wanted($q, $line, $at_s);
	}
	return undef;
}

sub next_entry {
	for (;;) {
		my $got = entry();
		return $got if $got;
		sysread $journal, $read, $line_most, length $read or return undef;
	}
}

sub journal_start {
	my @words = @_;
	$read = '';
	my $pid = open $journal, '-|', 'journalctl', @words or die "journalctl: $!\n";
	$SIG{$_} = sub { kill 'TERM', $pid; exit 1 } for qw(PIPE TERM HUP INT);
}

# All there is by now, in the order of time; of more than is asked for, the last.
sub show_all {
	my ($q, @words) = @_;
	journal_start(@words);
	my @head = (next_entry(), map { next_wanted($_, $q) } 0 .. $#logs);
	my @kept;
	for (;;) {
		my ($i) = sort { $head[$a][1] <=> $head[$b][1] || $a <=> $b } grep { $head[$_] } 0 .. $#head;
		last if !defined $i;
		push @kept, $head[$i];
		$head[$i] = $i ? next_wanted($i - 1, $q) : next_entry();
		if ($q->{lines} eq 'all') {
			give(shift @kept);
		} elsif (@kept > $q->{lines}) {
			my $gone = shift @kept;
			$told[$gone->[3]] = $gone->[2];
		}
	}
	give($_) for @kept;
	close $journal;
	exit $? >> 8 if $? && !($q->{grep} && $? >> 8 == 1);
}

sub show_on {
	my ($q, @words) = @_;
	journal_start('--follow', '--lines=all', @words);
	$q->{now} = 1;
	delete $_->{ends} for @logs;
	for (;;) {
		$| = 1;
		$| = 0;
		if (readable($journal, 0.25) > 0) {
			sysread $journal, $read, $line_most, length $read or exit 1;
			while (my $entry = entry()) {
				give($entry);
			}
		}
		for my $i (0 .. $#logs) {
			while (my $entry = next_wanted($i, $q)) {
				give($entry);
			}
		}
	}
}

# Where each log is read from: behind what was told, or so far back as is asked for.
sub begin_logs {
	my ($q, $known, @at) = @_;
	for my $i (0 .. $#logs) {
		my ($ino, $off) = split /\./, $at[$i] // '0.0';
		my ($file) = $known ? grep { $_->[1] == $ino } files_of($logs[$i]{c}) : ();
		if ($file) {
			at_place($logs[$i], $file, $off);
		} elsif ($q->{lines} ne 'all' && !$q->{grep} && !$q->{until} && !$known) {
			to_last($logs[$i], $q->{lines});
		}
		$told[$i + 1] = place_of($logs[$i]);
	}
}

sub show {
	my @confs;
	push @confs, shift while @_ && $_[0] ne '--';
	shift;
	my @words = @_;
	my $began = time;
	my $q = asked(@words);
	my ($word, $cursor, @at) = split /\|/, $q->{'after-cursor'} // '';
	my $known = ($word // '') eq 'drover';
	@logs = map { log_of($_) } @confs;
	$host = host_name();
	$told[0] = $known ? $cursor // '' : '';
	begin_logs($q, $known, @at);
	# Which boot a line of a file was printed in is known of the present one alone.
	$q->{priority} = -1 if ($q->{boot} // '0') ne '0';
	$q->{since} = booted_s() if defined $q->{boot} && $q->{since} < booted_s();
	my @asked = grep { !/^--(follow$|(after-cursor|lines|since|boot)=)/s } @words;
	my @rest = $known ? @asked : grep { $_ ne '--follow' } @words;
	unshift @rest, length $told[0] ? "--after-cursor=$told[0]" : "--since=\@$began" if $known;
	show_all($q, @rest);
	show_on($q, length $told[0] ? "--after-cursor=$told[0]" : "--since=\@$began", @asked) if $q->{follow};
}
