# Where a start of the replica begins in what it prints, and the second in which its lines were written. The pipe
# brings for each start a NUL and "drover start INVOCATION". Root alone adds the invocation to a list before that, and
# it counts once, and none in front of it from then on: what else says so is output of the replica.
sub starts_to_come {
	my ($c) = @_;
	my ($text, $last) = ('', '');
	sysopen my $in, $c->{starts}, O_RDONLY | O_NOFOLLOW or return ();
	defined read $in, $text, 1 << 20 or return ();
	if (open my $known, '<', "$c->{marks}/last") {
		$last = readline($known) // '';
		chomp $last;
	}
	my @all = grep { /^[0-9a-f]{32}$/ } split /\n/, $text;
	my ($at) = grep { $all[$_] eq $last } reverse 0 .. $#all;
	return defined $at ? @all[$at + 1 .. $#all] : @all;
}

sub start_in {
	my ($c, $text) = @_;
	return if index($text, "\0drover start ") < 0;
	my %to_come = map { $_ => 1 } starts_to_come($c);
	while ($text =~ /\0drover start ([0-9a-f]{32})\n/g) {
		next if !$to_come{$1};
		my @found = ($-[0], $+[0], $1);
		sysopen my $out, "$c->{marks}/last", O_WRONLY | O_CREAT | O_TRUNC, 0600 or die "$c->{marks}/last: $!\n";
		(syswrite($out, "$1\n") // 0) == 33 or die "$c->{marks}/last: $!\n";
		# A program starts when its input is empty.
		$c->{cid} || truncate $c->{starts}, 0 or die "$c->{starts}: $!\n";
		return @found;
	}
	return;
}

# Of marks, [SECOND, OFFSET, START], the newest, and of the others those by which least is lost: none is
# nearer to the one before it than a part of the whole, in bytes and in time.
sub thinned {
	my ($size, @all) = @_;
	my $starts = grep { defined $_->[2] } @all;
	my $length = $all[-1][0] - $all[0][0] || 1;
	my ($last, @left);
	for my $i (0 .. $#all) {
		my $mark = $all[$i];
		my $far = !$last || ($mark->[1] - $last->[1]) / ($size || 1) + ($mark->[0] - $last->[0]) / $length >= 1 / 100;
		my $is_start = defined $mark->[2] && $starts-- <= 400;
		next if !$far && !$is_start && $i <= $#all - 100;
		$last = $mark;
		push @left, $is_start ? $mark : [@$mark[0, 1]];
	}
	return @left;
}
