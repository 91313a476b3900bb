# What a replica prints goes from its pipe to its file, whole lines in their order; one that is full makes room for the
# next. The pipe brings, between the bytes of the replica, what logmark.pl says of each start.
use Socket;

my $piece = 1 << 20;
my ($c, $stop, $complained) = (undef, 0, 0);
my ($out, $dev, $ino, $size, $open, $held, $due, $marks, $marked_s, $marked) = (undef, 0, 0, 0, 0, '', 0);
my ($looked_s, $conf_seen) = (0, '');

# What cannot be written is waited for, and with it the replica, as soon as the pipe is full; another file may be
# declared meanwhile.
sub wait_for {
	my ($why) = @_;
	chomp $why;
	die "$why: what the replica printed last is lost\n" if $stop;
	print STDERR "$why: the replica waits\n" if time - $complained >= 60;
	$complained = time if time - $complained >= 60;
	select undef, undef, undef, 0.5;
	reread();
}

# Returns what is left of it for another file, which begins with a whole line if this did.
sub put_bytes {
	my ($data) = @_;
	my $at = 0;
	while ($at < length $data) {
		my $n = syswrite $out, $data, length($data) - $at, $at;
		if (defined $n) {
			$at += $n;
			$size += $n;
		} elsif ($! != 4) {
			wait_for("$c->{file}: $!");
			return taken_back($data, $at) if moved();
		}
	}
	$open = substr($data, -1) ne "\n";
	return '';
}

# The begin of a line is taken out of a file that will not have its end.
sub taken_back {
	my ($data, $at) = @_;
	my $line = rindex(substr($data, 0, $at), "\n") + 1;
	if (($line || !$open) && $line < $at && truncate $out, $size - ($at - $line)) {
		$size -= $at - $line;
		$at = $line;
	}
	rotate();
	return substr $data, $at;
}

# The second in which what comes next is written, and which start it follows.
sub mark {
	my ($start) = @_;
	my $now = time;
	return if !$marks || (!$start && $now == $marked_s);
	syswrite $marks, "$now $size" . ($start ? " $start" : '') . "\n";
	($marked_s, $marked) = ($now, $marked + 1);
	return if $marked < $marks_most;
	my $path = "$c->{marks}/$ino";
	my @left = thinned($size, marks_of($c, $ino));
	sysopen my $new, "$path.new", O_WRONLY | O_APPEND | O_CREAT | O_TRUNC, 0600 or return;
	my $text = join '', map { join(' ', grep { defined } @$_) . "\n" } @left;
	return if (syswrite($new, $text) // 0) != length $text || !rename "$path.new", $path;
	($marks, $marked) = ($new, scalar @left);
}

sub open_marks {
	my %there = map { $_->[1] => 1 } files_of($c);
	mkdir '/run/drover-log', 0755;
	mkdir $c->{marks}, 0700;
	if (opendir my $d, $c->{marks}) {
		/^(\d+)(\.new)?$/ && ($2 || !$there{$1}) and unlink "$c->{marks}/$_" for readdir $d;
	}
	unlink "$c->{marks}/$ino" if !$size;
	my @known = marks_of($c, $ino);
	($marked_s, $marked) = (0, scalar @known);
	sysopen $marks, "$c->{marks}/$ino", O_WRONLY | O_APPEND | O_CREAT, 0600 or undef $marks;
}

sub open_file {
	my $file = $c->{file};
	check_place($c);
	sysopen my $fh, $file, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, 0640 or die "$file: $!\n";
	flock $fh, LOCK_EX | LOCK_NB or die "$file is the log of another: $!\n";
	note($c->{conf}, $file);
	($out, $dev, $ino, $size, $open) = ($fh, (stat $fh)[0, 1, 7], 0);
	drop_beyond();
	open_marks();
	return if !$size;
	sysseek $out, -1, SEEK_END;
	my $n = sysread $out, my $last, 1;
	$open = $n && $last ne "\n";
}

sub drop_beyond {
	for my $n ($c->{keep} + 1 .. 101) {
		my @s = lstat "$c->{file}.$n" or next;
		unlink "$c->{file}.$n" if S_ISREG($s[2]);
	}
}

sub rotate_once {
	my ($file, $keep) = @$c{qw(file keep)};
	my @s = lstat $file;
	check_place($c);
	if (@s && $s[0] == $dev && $s[1] == $ino) {
		for my $n (reverse 1 .. $keep - 1) {
			!-e "$file.$n" or rename "$file.$n", "$file." . ($n + 1) or die "$file.$n: $!\n";
		}
		($keep ? rename $file, "$file.1" : unlink $file) or die "$file: $!\n";
	}
	open_file();
}

sub rotate {
	wait_for($@) until eval { rotate_once(); 1 };
}

# Whole lines, each in one file, and no file beyond its size unless a line alone is.
sub put {
	my ($data) = @_;
	while (length $data) {
		my ($n, $room) = (length $data, $c->{max} - $size);
		if ($n > $room) {
			$n = $room > 0 ? rindex($data, "\n", $room - 1) + 1 : 0;
			$n = index($data, "\n") + 1 || length $data if !$n && ($open || !$size) && $size < 2 * $c->{max};
			if (!$n) {
				rotate();
				next;
			}
		}
		mark();
		$data = put_bytes(substr $data, 0, $n, '') . $data;
	}
}

sub put_end {
	put("$held\n") if length $held;
	put("\n") if $open;
	$held = '';
}

# podman prints the container's name into the pipe, once a start and in one piece.
sub drop_id {
	open my $in, '<', $c->{cid} or return;
	my $id = readline $in;
	return if !defined $id || $id !~ /^([0-9a-f]{64})$/;
	my $at = index $held, "$1\n";
	return if $at < 0;
	substr $held, $at, 65, '';
	$due = 0;
}

sub take {
	while (my ($at, $end, $start) = start_in($c, $held)) {
		my $rest = substr $held, $end;
		$held = substr $held, 0, $at;
		drop_id() if $due;
		put_end();
		$looked_s = 0;
		settle();
		mark($start);
		($held, $due) = ($rest, $c->{cid});
	}
	drop_id() if $due;
	my $n = rindex($held, "\n") + 1;
	put(substr $held, 0, $n, '') if $n;
	return if length $held <= $line_most;
	# The begin of what may tell of a start waits for its end.
	my $at = rindex $held, "\0drover start ";
	$at = length $held if $at < 0 || length($held) - $at > 128;
	put(substr $held, 0, $at, '');
}

# What is declared by now.
sub reread {
	my $seen = join ' ', (stat $c->{conf})[1, 7, 9, 10];
	return if $seen eq $conf_seen;
	$conf_seen = $seen;
	my $new = eval { conf_of($c->{conf}) };
	print STDERR $@ if !$new;
	return if !$new;
	my $same = $new->{file} eq $c->{file};
	$c = $new;
	drop_beyond() if $same;
}

# The file is no longer the one of that name.
sub moved {
	my @s = lstat $c->{file};
	return !@s || $s[0] != $dev || $s[1] != $ino;
}

# At most once a second.
sub settle {
	my $now = time;
	return if $now == $looked_s;
	$looked_s = $now;
	reread();
	rotate() if moved();
}

# The replica starts when this file is there, which goes when the reader is told its end.
sub ready_now {
	my ($starts) = @_;
	for my $name ($c->{starts}, "$c->{marks}/ready") {
		sysopen my $made, $name, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0600 or die "$name: $!\n";
		print $made map { "$_\n" } @$starts if $name eq $c->{starts} and !-s $made;
		close $made or die "$name: $!\n";
	}
	my $path = $ENV{NOTIFY_SOCKET} or return;
	$path =~ s/^@/\0/;
	socket my $s, PF_UNIX, SOCK_DGRAM, 0 or die "socket: $!\n";
	send $s, 'READY=1', 0, pack_sockaddr_un($path) or die "notify: $!\n";
}

sub readable {
	my ($fh, $seconds) = @_;
	my $bits = '';
	vec($bits, fileno $fh, 1) = 1;
	return select $bits, undef, undef, $seconds;
}

sub keep_log {
	umask 027;
	($ENV{LISTEN_FDS} // 0) == 1 or die "no pipe was given\n";
	open my $in, '<&=', 3 or die "the pipe: $!\n";
	$SIG{TERM} = sub { $stop = 1 };
	$c = conf_of(@_);
	# Who was ended in the midst of it tries again as long as it takes; else there is nobody yet to read of.
	my @starts = starts_to_come($c);
	my $again = unlink "$c->{marks}/ready";
	if (!eval { open_file(); 1 }) {
		print STDERR $@;
		exit($again ? 1 : 3);
	}
	settle();
	ready_now(\@starts);
	for (;;) {
		my $ready = readable($in, $stop ? 0 : 5);
		next if $ready < 0;
		settle();
		if ($ready) {
			my $n = sysread $in, $held, $piece, length $held;
			next if !defined $n && $! == 4;
			last if !$n;
			take();
			next;
		}
		put($held);
		$held = '';
		last if $stop;
	}
	unlink "$c->{marks}/ready";
}
