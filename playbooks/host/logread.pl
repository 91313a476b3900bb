# The log files of replicas as they are read: theirs and the older ones, in their order, with the second of each line.
# Times are kept beside them, in /run/drover-log/APP-N.marks/INODE: lines "SECOND OFFSET [INVOCATION]".
use Fcntl qw(:flock :seek);

my ($line_most, $marks_most) = (65536, 1000);

sub conf_of {
	my ($path) = @_;
	my ($app, $n) = whose($path);
	my %c = said_in($path);
	@c{qw(conf unit marks)} = ($path, "$app-$n", "/run/drover-log/$app-$n.marks");
	# Of a container the list is where it cannot write, whoever it is.
	$c{starts} = "$c{marks}/" . ($c{cid} ? 'starts' : 'ready');
	return \%c;
}

# [NAME, INODE] of each, the oldest first; none of a file that was never this replica's.
sub files_of {
	my ($c) = @_;
	my @all;
	return () if !is_noted($c->{conf}, $c->{file});
	for my $name ((map { "$c->{file}.$_" } reverse 1 .. 100), $c->{file}) {
		my @s = lstat $name;
		push @all, [$name, $s[1], $s[7], $s[9]] if @s && S_ISREG($s[2]);
	}
	return @all;
}

sub marks_of {
	my ($c, $ino) = @_;
	open my $in, '<', "$c->{marks}/$ino" or return ();
	my $text = '';
	defined read $in, $text, $marks_most * 64 or return ();
	return map { /^(\d+) (\d+)(?: (\w+))?$/ ? [$1, $2, $3] : () } split /\n/, $text;
}

# A place in the lines of a log: file, offset of the next line, and what was read behind it.
sub at_place {
	my ($s, $file, $off) = @_;
	sysopen my $fh, $file->[0], O_RDONLY | O_NOFOLLOW or return 0;
	return 0 if (stat $fh)[1] != $file->[1];
	sysseek $fh, $off, SEEK_SET;
	my @marks = marks_of($s->{c}, $file->[1]);
	my $least = @marks && $marks[0][0] < $file->[3] ? $marks[0][0] : $file->[3];
	@$s{qw(fh ino off buf marks at_s)} = ($fh, $file->[1], $off, '', \@marks, $least);
	return 1;
}

sub newer {
	my ($s) = @_;
	my @now = lstat $s->{c}{file};
	return undef if @now && $s->{fh} && $now[1] == $s->{ino};
	my @files = files_of($s->{c});
	my ($i) = grep { $s->{fh} && $files[$_][1] == $s->{ino} } 0 .. $#files;
	return undef if !@files || (defined $i && $i == $#files);
	my $next = $files[defined $i ? $i + 1 : 0];
	return !$s->{ends} || defined $s->{ends}{$next->[1]} ? $next : undef;
}

# Where reading ends: who does not follow it reads what was there when it began.
sub end_of {
	my ($s) = @_;
	return $s->{ends} ? $s->{ends}{$s->{ino}} // 0 : undef;
}

# The next whole line, with the second it was written in; nothing: there is no more for now.
sub next_line {
	my ($s) = @_;
	my $last = 0;
	for (;;) {
		my $i = index $s->{buf}, "\n";
		my $end = end_of($s);
		return if defined $end && $s->{fh} && $i >= 0 && $s->{off} + $i + 1 > $end;
		if ($i >= 0) {
			my $marks = $s->{marks};
			$s->{at_s} = (shift @$marks)->[0] while @$marks && $marks->[0][1] <= $s->{off};
			$s->{off} += $i + 1;
			my $line = substr $s->{buf}, 0, $i + 1, '';
			chop $line;
			return ($line, $s->{at_s});
		}
		my $more = $s->{fh} && (!defined $end || $s->{off} + length $s->{buf} < $end);
		my $n = $more ? sysread($s->{fh}, $s->{buf}, $line_most, length $s->{buf}) : 0;
		next if $n;
		my $file = newer($s) or return;
		# It may have been written to until it was another's turn.
		if ($s->{fh} && !$last++) {
			next;
		}
		at_place($s, $file, 0) or return;
		$last = 0;
	}
}

# Where the last so many of these bytes begin, and how many lines those are.
sub back {
	my ($fh, $end, $lines) = @_;
	my $seen = 0;
	while ($end > 0) {
		my $from = $end > $line_most ? $end - $line_most : 0;
		sysseek $fh, $from, SEEK_SET;
		sysread $fh, my $text, $end - $from or last;
		my $i = length $text;
		while ($i > 0 && ($i = rindex $text, "\n", $i - 1) >= 0) {
			return ($from + $i + 1, $lines) if ++$seen > $lines;
		}
		$end = $from;
	}
	return (0, $seen);
}

sub to_last {
	my ($s, $lines) = @_;
	my @from;
	for my $file (grep { defined $s->{ends}{$_->[1]} } reverse files_of($s->{c})) {
		sysopen my $fh, $file->[0], O_RDONLY | O_NOFOLLOW or next;
		my ($off, $got) = back($fh, $s->{ends}{$file->[1]}, $lines);
		@from = ($file, $off);
		$lines -= $got;
		last if $lines <= 0;
	}
	at_place($s, @from) if @from;
}

sub log_of {
	my $c = conf_of($_[0]);
	my %ends = map { $_->[1] => $_->[2] } files_of($c);
	return { c => $c, ends => \%ends, buf => '', off => 0, ino => 0, at_s => 0, marks => [] };
}

# What was printed since that start, and nothing while it is not known.
sub said {
	my ($s, $start) = (log_of($_[0]), $_[1]);
	for my $file (reverse files_of($s->{c})) {
		my ($mark) = grep { ($_->[2] // '') eq $start } marks_of($s->{c}, $file->[1]) or next;
		at_place($s, $file, $mark->[1]) or next;
		while (my ($line) = next_line($s)) {
			print "$line\n";
		}
		return;
	}
}

sub last_lines {
	my ($s, $lines) = (log_of($_[0]), $_[1]);
	to_last($s, $lines);
	while (my ($line, $at_s) = next_line($s)) {
		print "$at_s $line\n";
	}
}
