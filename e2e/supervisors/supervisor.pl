# usage: perl supervisor.pl ADDRESS[,ADDRESS…] COMMAND…
# A minimal supervisor: listens on each ADDRESS (127.0.0.1:PORT, or the path of a unix socket). Starts COMMAND with the
# listening sockets at a connection, as systemd does with Accept=no. After the end of COMMAND, waits for the next
# connection. SIGTERM ends the supervisor and COMMAND.
use strict;
use warnings;
use Fcntl qw(F_DUPFD);
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX qw(dup2);
use Socket qw(SOCK_STREAM);

$| = 1;
my ($addresses, @command) = @ARGV;
my @sockets = map { listener($_) } split /,/, $addresses;
my $child = 0;
$SIG{TERM} = sub {
  kill 'KILL', $child if $child;
  exit;
};

print "listening\n";
for (;;) {
  next unless IO::Select->new(@sockets)->can_read;
  $child = start();
  1 until waitpid($child, 0) == $child;
  $child = 0;
  # Exits, since a failing server would be started again at once, forever.
  die "ended with $?\n" if $?;
}

sub start {
  my $pid = fork // die "fork: $!";
  return $pid if $pid;
  # Moves all descriptors to high numbers first, since one may occupy the number of another.
  my @above = map { fcntl $_, F_DUPFD, 100 or die "dup: $!" } @sockets;
  for my $i (0 .. $#above) {
    dup2($above[$i], 3 + $i) // die "dup2: $!";
    POSIX::close($above[$i]);
  }
  @ENV{qw(LISTEN_PID LISTEN_FDS LISTEN_FDNAMES)} = ($$, scalar @sockets, join ':', map { "web$_" } 1 .. @sockets);
  exec @command or die "exec: $!";
}

sub listener {
  my ($address) = @_;
  my $socket = $address =~ m{^/}
    ? IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => $address, Listen => 511)
    : IO::Socket::INET->new(LocalAddr => $address, Listen => 511, ReuseAddr => 1);
  return $socket // die "$address: $!";
}
