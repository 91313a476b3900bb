# Whose log a file is: what is declared on this host, and what was kept here before. The files that a replica has
# kept stand in /var/lib/drover/logs/APP/N, a line each, and stay when it goes, as they do.
my ($declared, $noted) = ('/etc/drover/apps', '/var/lib/drover/logs');

sub whose {
	my ($conf) = @_;
	my ($app, $n) = $conf =~ m{/([^/]+)/log-(\d+)$} or die "$conf is no declaration of a log\n";
	return ($app, $n);
}

sub noted_in {
	my ($path) = @_;
	sysopen my $in, $path, O_RDONLY | O_NOFOLLOW or return ();
	chomp(my @lines = readline $in);
	return @lines;
}

sub is_noted {
	my ($conf, $file) = @_;
	my ($app, $n) = whose($conf);
	return grep { $_ eq $file } noted_in("$noted/$app/$n");
}

sub note {
	my ($conf, $file) = @_;
	return if is_noted($conf, $file);
	my ($app, $n) = whose($conf);
	my $path = "$noted/$app/$n";
	my @lines = (noted_in($path), $file);
	shift @lines while @lines > 100;
	mkdir $_, 0700 for '/var/lib/drover', $noted, "$noted/$app";
	unlink "$path.new";
	sysopen my $out, "$path.new", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600 or die "$path.new: $!\n";
	print $out map { "$_\n" } @lines and close $out and rename "$path.new", $path or die "$path: $!\n";
}

# One is the other, or an older one of it.
sub collide {
	my ($one, $other) = @_;
	for my $pair ([$one, $other], [$other, $one]) {
		my ($long, $short) = @$pair;
		return 1 if $long eq $short || ($long =~ /^\Q$short\E\.([1-9]\d{0,2})$/ && $1 <= 101);
	}
	return 0;
}

# What is no log of this app's is not written to, renamed or removed.
sub check_claim {
	my ($c, $conf) = @_;
	my ($app) = whose($conf);
	my $mine = 0;
	for my $other (grep { m{/log-\d+$} } glob "$declared/*/log-*") {
		my %got = said_in($other);
		my ($its, $n) = whose($other);
		$mine = 1 if $its eq $app && $got{file} eq $c->{file};
		next if $other eq $conf || !collide($c->{file}, $got{file});
		die "$c->{file} is the log of $its-$n" . ($got{file} eq $c->{file} ? '' : ", $got{file}, or an older one") . "\n";
	}
	return if $mine || grep { $_ eq $c->{file} } map { noted_in($_) } glob "$noted/$app/*";
	for my $name ($c->{file}, map { "$c->{file}.$_" } 1 .. 101) {
		-s $name and die "$name is there already and was no log of $app: move it away\n";
	}
}
