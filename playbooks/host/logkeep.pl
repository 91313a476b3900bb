# What a replica prints goes from its pipe to its file, whole lines in their order; one that is full makes room for the
# next. The pipe brings, between the bytes of the replica, a NUL and "drover start INVOCATION" for each start.
use Socket;

my $piece = 1 << 20;
my ($c, $stop, $complained) = (undef, 0, 0);
my ($out, $ino, $size, $open, $held, $due, $marks, $marked_s, $marked_at, $marked) = (undef, 0, 0, 0, '', 0);
my ($looked_s, $conf_seen) = (0, '');

# What cannot be written is waited for, and with it the replica, as soon as the pipe is full.
sub wait_for {
	my ($why) = @_;
	chomp $why;
	die "$why: what the replica printed last is lost\n" if $stop;
	print STDERR "$why: the replica waits\n" if time - $complained >= 60;
	$complained = time if time - $complained >= 60;
	select undef, undef, undef, 0.5;
}

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
		}
	}
	$open = substr($data, -1) ne "\n";
}

# The second in which what comes next is written, and which start it follows.
sub mark {
	my ($start) = @_;
	my $now = time;
	return if !$marks || (!$start && ($now == $marked_s || ($marked >= 1000 && $size - $marked_at < 256)));
	syswrite $marks, "$now $size" . ($start ? " $start" : '') . "\n";
	($marked_s, $marked_at, $marked) = ($now, $size, $marked + 1);
}

sub open_marks {
	my %there = map { $_->[1] => 1 } files_of($c);
	mkdir '/run/drover-log', 0755;
	mkdir $c->{marks}, 0700;
	if (opendir my $d, $c->{marks}) {
		/^\d+$/ && !$there{$_} and unlink "$c->{marks}/$_" for readdir $d;
	}
	unlink "$c->{marks}/$ino" if !$size;
	($marked_s, $marked_at, $marked) = (0, 0, 0);
	sysopen $marks, "$c->{marks}/$ino", O_WRONLY | O_APPEND | O_CREAT, 0600 or undef $marks;
}

sub open_file {
	my $file = $c->{file};
	check_place($c);
	sysopen my $fh, $file, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, 0640 or die "$file: $!\n";
	flock $fh, LOCK_EX | LOCK_NB or die "$file is the log of another: $!\n";
	($out, $ino, $size, $open) = ($fh, (stat $fh)[1, 7], 0);
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
	if (@s && $s[1] == $ino) {
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
		put_bytes(substr $data, 0, $n, '');
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
	while (index($held, "\0drover start ") >= 0 && $held =~ s/^(.*?)\0drover start ([0-9a-f]{32})\n//s) {
		my ($rest, $start, $before) = ($held, $2, $1);
		$held = $before;
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
	put($held);
	$held = '';
}

# What is declared by now, and whether the file is still the one of that name; at most once a second.
sub settle {
	my $now = time;
	return if $now == $looked_s;
	$looked_s = $now;
	my $seen = join ' ', (stat $c->{conf})[1, 7, 9, 10];
	if ($seen ne $conf_seen) {
		my $new = eval { conf_of($c->{conf}) };
		print STDERR $@ if !$new;
		$c = $new if $new;
		drop_beyond();
		$conf_seen = $seen;
	}
	my @s = lstat $c->{file};
	rotate() if !@s || $s[1] != $ino;
}

# The replica starts when this file is there, which goes when the reader is told its end.
sub ready_now {
	sysopen my $ready, "$c->{marks}/ready", O_WRONLY | O_CREAT, 0600 or die "$c->{marks}/ready: $!\n";
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
	my $again = unlink "$c->{marks}/ready";
	if (!eval { open_file(); 1 }) {
		print STDERR $@;
		exit($again ? 1 : 3);
	}
	settle();
	ready_now();
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
