# The supervisor's end of NOTIFY_SOCKET: prints each message in one line. The kernel closes descriptors that arrive with
# a message, for which systemd-notify waits.
#
#   perl receive.pl PATH
use strict;
use warnings;
use Socket;

$| = 1;
socket( my $socket, AF_UNIX, SOCK_DGRAM, 0 ) or die $!;
bind( $socket, sockaddr_un( $ARGV[0] ) )     or die $!;
print "ready\n";
while ( defined recv( $socket, my $message, 4096, 0 ) ) {
    $message =~ s/\n(?=.)/ /g;
    chomp $message;
    print "got $message\n";
}
