# What is declared of a log file, and whether it may stand where it is to.
use strict;
use warnings;
use Fcntl qw(:DEFAULT :mode);

sub said_in {
	my ($path) = @_;
	my %got = (keep => 0);
	open my $in, '<', $path or die "$path: $!\n";
	while (<$in>) {
		$got{$1} = $2 if /^(file|max|keep|cid) (.+)$/;
	}
	$got{file} && $got{max} or die "$path: the file or its size is missing\n";
	return %got;
}

# A directory in which others may put names is no place for it: they could have us write elsewhere.
sub check_place {
	my ($c, $to_come) = @_;
	my @parts = split m{/}, $c->{file};
	pop @parts;
	shift @parts;
	my $at = '';
	for my $dir ('/', map { $at .= "/$_" } @parts) {
		my @s = lstat $dir;
		return if !@s && $to_come && $!{ENOENT};
		@s or die "$dir: $!\n";
		S_ISLNK($s[2]) and die "$dir is a link\n";
		S_ISDIR($s[2]) or die "$dir is no directory\n";
		$s[4] == 0 or die "$dir belongs to user $s[4], not to root\n";
		$s[2] & 022 and die "$dir may be written by others than root (mode " . sprintf('%04o', $s[2] & 07777) . ")\n";
	}
	for my $name ($c->{file}, map { "$c->{file}.$_" } 1 .. $c->{keep}) {
		my @s = lstat $name or next;
		S_ISREG($s[2]) && $s[4] == 0 && $s[3] == 1 && !($s[2] & 022) or die "$name is no plain file of root's alone\n";
	}
}
