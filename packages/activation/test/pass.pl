# A small supervisor: opens sockets, sets the environment, and becomes the command.
#
#   perl pass.pl [--fork] [--inetd] [NAME@]SPEC … [KEY=VALUE …] -- COMMAND …
#
# SPEC is tcp, unix:PATH, udp, udp-connected, dgram:PATH, to:PATH (connected to the datagram socket at PATH), pair (one
# end of two connected datagram sockets), file:PATH, accept (waits for a connection and passes it) or accept-unix:PATH.
# Prints `port N` for each TCP socket. KEY=VALUE changes the environment at the end. With --inetd, the one socket is fds
# 0, 1 and 2. With --fork, waits for the command, accepts one more connection with a blocking accept(2), and prints the
# bytes that arrive on it.
use strict;
use warnings;
use Socket;

$^F = 255;    # no close-on-exec
$| = 1;
my ( $fork, $inetd, @fds, @names, %env );
my @keep;
while ( defined( my $arg = shift @ARGV ) ) {
    last if $arg eq '--';
    if ( $arg eq '--fork' )  { $fork  = 1; next; }
    if ( $arg eq '--inetd' ) { $inetd = 1; next; }
    if ( $arg =~ /^([A-Z_]+)=(.*)$/ ) { $env{$1} = $2; next; }
    my $name = $arg =~ s/^([^@]*)@// ? $1 : "unknown";
    my $handle = opened($arg);
    push @fds,   $handle;
    push @names, $name;
}

sub opened {
    my ($spec) = @_;
    my ( $kind, $path ) = split /:/, $spec, 2;
    my ( $socket, $accepted );
    if ( $kind eq 'to' ) {
        socket( $socket, AF_UNIX, SOCK_DGRAM, 0 ) or die $!;
        connect( $socket, sockaddr_un($path) ) or die $!;
        return $socket;
    }
    if ( $kind eq 'file' ) { open( $socket, '<', $path ) or die $!; return $socket; }
    if ( $kind eq 'pair' ) {
        socketpair( $socket, my $other, AF_UNIX, SOCK_DGRAM, 0 ) or die $!;
        push @keep, $other;
        return $socket;
    }
    my $type = $kind =~ /^(udp|dgram|udp-connected)$/ ? SOCK_DGRAM : SOCK_STREAM;
    if ( defined $path ) {
        socket( $socket, AF_UNIX, $type, 0 ) or die $!;
        bind( $socket, sockaddr_un($path) ) or die $!;
    }
    else {
        socket( $socket, AF_INET, $type, 0 ) or die $!;
        bind( $socket, sockaddr_in( 0, INADDR_LOOPBACK ) ) or die $!;
    }
    if ( $kind eq 'udp-connected' ) { connect( $socket, getsockname($socket) ) or die $!; }
    if ( $type == SOCK_STREAM ) { listen( $socket, 64 ) or die $!; }
    if ( $type == SOCK_DGRAM ) { return $socket; }
    if ( !defined $path ) {
        my ($port) = sockaddr_in( getsockname($socket) );
        print "port $port\n";
    }
    else { print "path $path\n"; }
    if ( $kind !~ /^accept/ ) { return $socket; }
    accept( $accepted, $socket ) or die $!;
    return $accepted;
}

my $pid = $fork ? fork : 0;
if ( $pid == 0 ) {
    require POSIX;
    if ($inetd) { POSIX::dup2( fileno( $fds[0] ), $_ ) for 0, 1, 2; }
    else {
        # To high numbers first, because a target number may be in use by another of these sockets.
        my @high = map { my $high = 100 + $_; POSIX::dup2( fileno( $fds[$_] ), $high ); $high } 0 .. $#fds;
        POSIX::dup2( $high[$_], 3 + $_ ) for 0 .. $#high;
        POSIX::close($_) for @high;
        POSIX::close($_) for 3 + @fds .. 40;
        @ENV{qw(LISTEN_PID LISTEN_FDS LISTEN_FDNAMES)} = ( $$, scalar @fds, join ':', @names );
    }
    for my $key ( keys %env ) {
        if ( $env{$key} eq '' ) { delete $ENV{$key} }
        else { $ENV{$key} = $env{$key} }
    }
    exec { $ARGV[0] } @ARGV or die $!;
}
waitpid $pid, 0;
print "ended $?\n";
accept( my $late, $fds[0] ) or die "accept: $!";
sysread $late, my $bytes, 100 or die $!;
syswrite $late, "perl\n";
print "read $bytes\n";
